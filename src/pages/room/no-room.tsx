import { prefix } from "../room-name.ts";

/** What stands at an address that cannot be a room's. */
export function NoRoom({ complaint }: { complaint: string }) {
	return (
		<main class="no-room">
			<h1>There is no such room</h1>
			<p>{complaint}</p>
			<p>
				<a href={`${prefix}/`}>Name another room</a>
			</p>
		</main>
	);
}
