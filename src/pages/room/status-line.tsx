/** The connection in a word or two, beside the room's name. */
import { useStore } from "../store.ts";
import type { Status } from "./status.ts";

const WORDS = {
	connecting: "Connecting",
	replaying: "Catching up",
	live: "Live",
	waiting: "Waiting",
	stopped: "Not let in",
} as const;

export function StatusLine({ status }: { status: Status }) {
	const { state } = useStore(status);
	return (
		<p class="status" data-state={state.kind}>
			<span class="lamp" aria-hidden="true" />
			<span role="status">{WORDS[state.kind]}</span>
		</p>
	);
}
