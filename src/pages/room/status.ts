/** Where the connection stands, for people. */
import type { ConnectionState, Reason } from "../../client/room.ts";
import { Store } from "../store.ts";
import { passingTrouble, type Trouble } from "./trouble.ts";

const NOTE_SHOWN_MS = 6000;

export class Status extends Store {
	state: ConnectionState = { kind: "connecting" };
	/** What the room said instead of a welcome. */
	refusal: Reason | null = null;
	/** What keeps one out for now: from the first failure until one is in. */
	setback: Trouble | null = null;
	/** The latest refusal that answers nothing in particular; gone after a while. */
	notice: string | null = null;
	hasJoined = false;
	#tick: ReturnType<typeof setInterval> | undefined;
	#noticeEnds: ReturnType<typeof setTimeout> | undefined;

	/** Another session begins: what befell the last one is over. */
	begin(state: ConnectionState): void {
		this.setback = null;
		this.changeTo(state);
	}

	changeTo(state: ConnectionState): void {
		this.state = state;
		clearInterval(this.#tick);
		// What ended the connection is the banner's to say.
		if (state.kind !== "live") this.notice = null;
		switch (state.kind) {
			case "connecting":
				this.refusal = null;
				break;
			case "waiting":
				this.setback = passingTrouble(state.reason, this.hasJoined);
				// The seconds count down before people's eyes.
				this.#tick = setInterval(() => this.changed(), 1000);
				break;
			case "replaying":
				this.hasJoined = true;
				this.setback = null;
				break;
			case "stopped":
				this.setback = null;
		}
		this.changed();
	}

	/** Before the welcome, a refusal is the answer to the join; later it is a word in passing. */
	refused(refusal: Reason): void {
		if (this.state.kind === "connecting") this.refusal = refusal;
		else this.note(refusal.message);
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

	/** True while what is shown of the others is what is so. */
	get isInTouch(): boolean {
		return this.state.kind === "live" || this.state.kind === "replaying";
	}

	/** Until the next try; at least one, for a wait of no seconds reads like a fault. */
	get secondsLeft(): number {
		return this.state.kind === "waiting" ? Math.max(1, Math.ceil((this.state.retryAt - Date.now()) / 1000)) : 0;
	}
}
