/** What one sees who is not let in: why, and the ways on. */
import { prefix } from "../room-name.ts";
import { Sign } from "../sign.tsx";
import { useStore } from "../store.ts";
import { lastingTrouble } from "./trouble.ts";
import type { Visit } from "./visit.ts";

export function Refused({ visit }: { visit: Visit }) {
	const { state, refusal } = useStore(visit.status);
	if (state.kind !== "stopped") return null;
	const { what, advice, rejoin } = lastingTrouble(state, refusal, visit.isSignedIn);
	return (
		<div class="refused" role="alert">
			<Sign level={2} what={what} advice={advice}>
				{rejoin !== null && (
					<button type="button" class="primary" onClick={() => visit.rejoin()}>
						{rejoin}
					</button>
				)}
				<a href={`${prefix}/`}>Go to another room</a>
			</Sign>
		</div>
	);
}
