/** What is wrong with the connection, and what to do about it. */
import { CLOSE } from "../../protocol/codes.ts";
import { useStore } from "../store.ts";
import type { Visit } from "./visit.ts";

/** What one can do after each close that ends a visit; for any other, join again. */
const AFTER: Record<number, { advice: string; canJoinAgain: boolean }> = {
	[CLOSE.tokenRefused]: { advice: "Open the room with a fresh link from where you signed in.", canJoinAgain: false },
	[CLOSE.removed]: { advice: "You were removed. You may come in again.", canJoinAgain: true },
	[CLOSE.banned]: { advice: "You are banned here. Only a moderator of the room can change that.", canJoinAgain: false },
	[CLOSE.wiped]: { advice: "The room was wiped: what is shown is gone. Join again to begin anew.", canJoinAgain: true },
	[CLOSE.violated]: { advice: "This page sent what the room does not understand. Reload it.", canJoinAgain: false },
	[CLOSE.forbidden]: {
		advice: "This room is not open to you. Another link or login may let you in.",
		canJoinAgain: false,
	},
	[CLOSE.replaced]: {
		advice: "You are in this room elsewhere, too many times over. Go on there, or take it back here.",
		canJoinAgain: true,
	},
};
const OTHERWISE = { advice: "Join again to go on.", canJoinAgain: true };

export function Banner({ visit }: { visit: Visit }) {
	const { state } = useStore(visit.status);
	if (state.kind === "waiting") {
		return (
			<div class="banner" role="status">
				<p dir="auto">
					{state.reason === null ? "The connection is gone. " : `${state.reason.message} `}
					What you write meanwhile is kept and sent when you are back.
				</p>
			</div>
		);
	}
	if (state.kind !== "stopped") return null;
	const { advice, canJoinAgain } = AFTER[state.code] ?? OTHERWISE;
	return (
		<div class="banner wrong" role="alert">
			<p dir="auto">
				{sentence(state.reason)} {advice}
			</p>
			{canJoinAgain && (
				<button type="button" onClick={() => visit.rejoin()}>
					Join again
				</button>
			)}
			<a href="/">Go to another room</a>
		</div>
	);
}

/** A reason as the room gave it, with a sentence's beginning and end; a bare code is for programs. */
function sentence(reason: string): string {
	if (!reason.includes(" ")) return "";
	const begun = reason.charAt(0).toUpperCase() + reason.slice(1);
	return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
