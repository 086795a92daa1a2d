import { prefix } from "../room-name.ts";
import { Sign } from "../sign.tsx";

/** What stands at an address that cannot be a room's. */
export function NoRoom({ complaint }: { complaint: string }) {
	return (
		<main class="nowhere">
			<Sign level={1} what="There is no such room" advice={complaint}>
				<a href={`${prefix}/`}>Name another room</a>
			</Sign>
		</main>
	);
}
