/** What one turn gathers while it decides: the effects in the making. */
import { encodeMessage } from "../protocol/codec.ts";
import type { Refusal } from "../protocol/codes.ts";
import type { HistoryRequest, ServerMessage } from "../protocol/messages.ts";
import type { Effects } from "./effects.ts";
import type { Join } from "./inputs.ts";
import { Signals } from "./signals.ts";

export class Turn implements Effects {
	readonly now: number;
	readonly attachments: Effects["attachments"] = new Map();
	readonly shared: string[] = [];
	readonly withheld: Set<string>;
	readonly private: Effects["private"] = new Map();
	readonly paused: ReadonlySet<string>;
	readonly closes: Effects["closes"] = [];
	readonly replies: Effects["replies"] = new Map();
	readonly jobs: Effects["jobs"] = [];
	alarmAt: number | null = null;
	again = false;
	forget = false;

	readonly signals = new Signals();
	/** Answered at the end, when the history holds all that this turn adds. */
	readonly joins: Join[] = [];
	readonly joining = new Set<string>();
	readonly histories: { session: string; request: HistoryRequest }[] = [];

	/** The head before this turn: what everyone who is live was sent. */
	readonly headBefore: number;

	constructor(now: number, headBefore: number, behind: Iterable<string>, paused: ReadonlySet<string>) {
		this.now = now;
		this.headBefore = headBefore;
		this.paused = paused;
		this.withheld = new Set(behind);
	}

	tell(session: string, message: ServerMessage): void {
		this.tellEncoded(session, [encodeMessage(message)]);
	}

	tellEncoded(session: string, messages: Iterable<string>): void {
		let told = this.private.get(session);
		if (told === undefined) {
			told = [];
			this.private.set(session, told);
		}
		for (const message of messages) told.push(message);
	}

	refuse(session: string, refusal: Refusal): void {
		this.tell(session, { type: "error", ...refusal });
	}
}
