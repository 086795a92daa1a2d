/** Where the connection stands, for people. */
import type { ConnectionState } from "../../client/room.ts";
import { Store } from "../store.ts";

const NOTE_SHOWN_MS = 6000;

export class Status extends Store {
	state: ConnectionState = { kind: "connecting" };
	/** The latest refusal that answers nothing in particular; gone after a while. */
	notice: string | null = null;
	#tick: ReturnType<typeof setInterval> | undefined;
	#noticeEnds: ReturnType<typeof setTimeout> | undefined;

	changeTo(state: ConnectionState): void {
		this.state = state;
		clearInterval(this.#tick);
		// What ended the connection is the banner's to say.
		if (state.kind !== "live") this.notice = null;
		// The seconds count down before people's eyes.
		if (state.kind === "waiting") this.#tick = setInterval(() => this.changed(), 1000);
		this.changed();
	}

	note(sentence: string): void {
		this.notice = sentence;
		clearTimeout(this.#noticeEnds);
		this.#noticeEnds = setTimeout(() => {
			this.notice = null;
			this.changed();
		}, NOTE_SHOWN_MS);
		this.changed();
	}

	/** Until the next try; at least one, for a wait of no seconds reads like a fault. */
	get secondsLeft(): number {
		return this.state.kind === "waiting" ? Math.max(1, Math.ceil((this.state.retryAt - Date.now()) / 1000)) : 0;
	}
}
