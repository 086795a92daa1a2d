/** What is wrong with the connection, and what to do about it. */
import { useStore } from "../store.ts";
import { lastingTrouble } from "./trouble.ts";
import type { Visit } from "./visit.ts";

export function Banner({ visit }: { visit: Visit }) {
	const { state, setback, refusal, secondsLeft } = useStore(visit.status);
	if (state.kind === "stopped") {
		const { what, advice, rejoin } = lastingTrouble(state, refusal, visit.isSignedIn);
		return (
			<div class="banner wrong" role="alert">
				<p dir="auto">
					<b class="what">{what}</b> {advice}
				</p>
				{rejoin !== null && (
					<button type="button" onClick={() => visit.rejoin()}>
						{rejoin}
					</button>
				)}
				<a href="/">Go to another room</a>
			</div>
		);
	}
	if (setback === null) return null;
	return (
		<div class="banner">
			<p dir="auto" role="status">
				<b class="what">{setback.what}</b> {setback.advice}
			</p>
			{/* Apart from the status, so that no screen reader counts along. */}
			<p class="countdown">{state.kind === "waiting" ? `Next try in ${timeLeft(secondsLeft)}` : "Trying now…"}</p>
		</div>
	);
}

function timeLeft(seconds: number): string {
	return seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
}
