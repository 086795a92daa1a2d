/** What is wrong with the connection, and what to do about it. */
import { type RefObject, useLayoutEffect, useRef } from "hono/jsx/dom";
import { prefix } from "../room-name.ts";
import { useStore } from "../store.ts";
import { lastingTrouble } from "./trouble.ts";
import type { Visit } from "./visit.ts";

export function Banner({ visit }: { visit: Visit }) {
	const { state, setback, refusal } = useStore(visit.status);
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
				<a href={`${prefix}/`}>Go to another room</a>
			</div>
		);
	}
	return setback === null ? null : <Setback visit={visit} />;
}

function Setback({ visit }: { visit: Visit }) {
	const { state, setback, secondsLeft } = useStore(visit.status);
	const banner = useRef<HTMLDivElement>(null);
	useFocusOnward(banner);
	if (setback === null) return null;
	const isWaiting = state.kind === "waiting";
	// A room that asked for a wait is not to be hurried.
	const isAsked = isWaiting && state.reason?.retryAfterMs !== undefined;
	return (
		<div class="banner" ref={banner}>
			<p dir="auto" role="status">
				<b class="what">{setback.what}</b> {setback.advice}
			</p>
			{/* Apart from the status, so that no screen reader counts along. */}
			<p class="countdown">{isWaiting ? `Next try in ${timeLeft(secondsLeft)}` : "Trying now…"}</p>
			{!isAsked && (
				// Never disabled, which would take the focus from it.
				<button type="button" aria-disabled={isWaiting ? "false" : "true"} onClick={() => visit.tryNow()}>
					Try now
				</button>
			)}
		</div>
	);
}

/** Whoever was at a button that goes is at the composer then, and not at the page's beginning. */
function useFocusOnward(from: RefObject<HTMLElement | null>): void {
	useLayoutEffect(() => {
		const element = from.current;
		return () => {
			if (element?.contains(document.activeElement)) document.getElementById("message")?.focus({ preventScroll: true });
		};
	}, []);
}

function timeLeft(seconds: number): string {
	return seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
}
