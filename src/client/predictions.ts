/**
 * What the page foresees of its own events: the app's rules, run on what the room has told, in the order in which the
 * events were published, and anew whenever it tells more. A guess stands until the room has answered.
 */
import { decide, type Ground, type Json } from "../protocol/decide.ts";
import type { Decide, DecidedEvent } from "../protocol/decision.ts";
import type { Publish, ServerMessage, Welcome } from "../protocol/messages.ts";
import { PREDICTIONS_MAX } from "../protocol/rules-limits.ts";
import { compareTexts } from "../protocol/text.ts";
import type { Entries } from "./entries.ts";
import { Members } from "./members.ts";
import type { Port } from "./port.ts";

interface Guess {
	rule: Decide;
	name: string;
	/** The event's, as JSON. */
	data: string;
	/** When it was published, Unix ms by the page's clock. */
	at: number;
	/** True once the room has told the event: what it came to is in the state that comes after it. */
	isTold: boolean;
}

/** By event. */
export type PredictedRules = Readonly<Record<string, Decide>>;

export class Predictions {
	readonly #rules: PredictedRules;
	readonly #entries: Entries;
	readonly #port: Port;
	readonly #members = new Members();
	/** By the events' ids, in the order in which they were published. */
	readonly #guesses = new Map<string, Guess>();
	#me: Pick<Welcome["me"], "id" | "name" | "can"> = { id: "", name: "", can: [] };
	#epoch = "";
	#head = 0;
	/**
	 * True while what the room tells is not whole: until it is live for the first time, and while it replays. The state
	 * comes before the events that made it then, and no guess may be run on what it came to.
	 */
	#isHeld = true;

	constructor(rules: PredictedRules, entries: Entries, port: Port) {
		this.#rules = rules;
		this.#entries = entries;
		this.#port = port;
	}

	/** It was taken on, and is on its way. */
	begin({ id, name }: Publish, data: string): void {
		const rule = Object.hasOwn(this.#rules, name) ? this.#rules[name] : undefined;
		if (rule === undefined || this.#guesses.size >= PREDICTIONS_MAX) return;
		this.#guesses.set(id, { rule, name, data, at: this.#port.date(), isTold: false });
		this.refresh();
	}

	/** The event is in the history. The state that it makes may come in the same frame: then the one takes the other's place. */
	told(id: string): void {
		const guess = this.#guesses.get(id);
		if (guess === undefined) return;
		guess.isTold = true;
		this.#port.soon(() => this.#end());
	}

	/** It is not, and will not be. */
	undo(id: string): void {
		if (this.#guesses.delete(id)) this.#show();
	}

	hear(message: ServerMessage): void {
		switch (message.type) {
			case "state":
				return message.more === true ? undefined : this.#end();
			case "event":
				this.#head = message.seq;
				return;
			case "caught-up":
				this.#head = message.head;
				return;
			case "access":
				this.#me = { ...this.#me, can: message.can };
				return this.refresh();
			case "presence":
				this.#members.presence(message);
				return this.refresh();
		}
	}

	welcomed(welcome: Welcome): void {
		const { me, epoch, head, continuity } = welcome;
		this.#members.welcome(welcome);
		this.#me = me;
		this.#head = head;
		this.#isHeld = true;
		const wasEpoch = this.#epoch;
		this.#epoch = epoch;
		if (continuity === "resumed") return;
		// What the room has of one's own events is not told again, but may be in the state.
		if (epoch === wasEpoch) this.#guesses.clear();
		this.#entries.foresee(() => {});
	}

	live(): void {
		this.#isHeld = false;
		this.#end(true);
	}

	/** Drops what the room has told; the rest stands on what is there now. */
	#end(isAnew = false): void {
		let isOver = isAnew;
		for (const [id, { isTold }] of this.#guesses) {
			if (isTold) isOver = this.#guesses.delete(id);
		}
		if (isOver || this.#guesses.size > 0) this.#show();
	}

	/** What rules are run on is another. */
	refresh(): void {
		if (this.#guesses.size > 0) this.#show();
	}

	/** While what the room tells is not whole, what is shown stands as it is, or is gone. */
	#show(): void {
		if (this.#isHeld && this.#guesses.size > 0) return;
		this.#entries.foresee((foreseen) => {
			let seq = this.#head;
			for (const guess of this.#guesses.values()) {
				for (const [key, set] of this.#setsOf(guess, ++seq)) foreseen.set(key, set);
			}
		});
	}

	/** What it would set; nothing where it would be refused, or where nobody but the room can know. */
	#setsOf({ rule, name, data, at }: Guess, seq: number): ReadonlyMap<string, Json | null> {
		const { id: from, name: author, can } = this.#me;
		const event: DecidedEvent = { name, data: JSON.parse(data) as unknown, from, author, can, seq, at };
		try {
			const decided = decide((room) => rule(event, room), this.#groundAt(at));
			return decided.outcome === "decided" ? decided.sets : new Map();
		} catch {
			return new Map();
		}
	}

	#groundAt(now: number): Ground {
		const entries = this.#entries;
		return {
			now,
			read: (key) => {
				const { value } = entries.at(key);
				return value === null ? null : JSON.stringify(value);
			},
			list: (prefix, limit) =>
				entries
					.list(prefix)
					.sort((a, b) => compareTexts(a.key, b.key))
					.slice(0, limit)
					.map(({ key, value }) => ({ key, json: JSON.stringify(value) })),
			members: () =>
				[...this.#members.byId.values()].map(({ id, name, state }) => ({ id, name, state: state ?? null })),
			random: () => {
				throw new Error("The room's dice are not known outside of it.");
			},
		};
	}
}
