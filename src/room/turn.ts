/** What one turn gathers while it decides: the effects in the making. It is spoken to in verbs, and shows nothing else. */
import { encodeMessage } from "../protocol/codec.ts";
import type { Refusal } from "../protocol/codes.ts";
import type { ServerMessage } from "../protocol/messages.ts";
import type { Close, Effects, Reply, RoomMishap } from "./effects.ts";
import type { Alarm, Input } from "./inputs.ts";
import type { Sending } from "./jobs.ts";
import { type Attachment, attachmentOf, type Session } from "./session.ts";

/** Where the room stood before the turn. */
export interface Before {
	/** What everyone who is live was sent. */
	head: number;
	/** Likewise, of the state. */
	version: number;
	/** The sessions that are not live: they get what they missed by replay. */
	behind: Iterable<string>;
	/** Those that want no entries. */
	stateless: ReadonlySet<string>;
}

export class Turn {
	/** Unix ms. */
	readonly now: number;
	readonly headBefore: number;
	readonly versionBefore: number;
	/** The alarm that has come in this turn; null where none has. */
	alarm: Alarm | null = null;
	readonly #shared: string[] = [];
	readonly #state: string[] = [];
	readonly #stateless: ReadonlySet<string>;
	readonly #newest = new Map<string, string>();
	readonly #withheld: Set<string>;
	readonly #private = new Map<string, string[]>();
	readonly #frames = new Map<string, readonly string[]>();
	readonly #refusals = new Map<string, number>();
	readonly #later: Input[] = [];
	readonly #attachments = new Map<string, Attachment>();
	readonly #welcomed: string[] = [];
	/** Those whom this turn sends away, in order. */
	readonly #closes = new Map<string, Close>();
	readonly #replies: Effects["replies"] = new Map();
	readonly #jobs: Sending[] = [];
	readonly #mishaps: Effects["mishaps"][number][] = [];
	#again = false;

	constructor(now: number, { head, version, behind, stateless }: Before) {
		this.now = now;
		this.headBefore = head;
		this.versionBefore = version;
		this.#stateless = stateless;
		this.#withheld = new Set(behind);
	}

	/** Tells everyone who is live an encoded message. */
	share(message: string): void {
		this.#shared.push(message);
	}

	/** Tells everyone what has changed of the state, after that: but for those who want none of it. */
	shareState(message: string): void {
		this.#state.push(message);
	}

	/** Tells everyone a message after all others, in place of what was shared so under the same key. */
	shareNewest(key: string, message: string): void {
		this.#newest.delete(key);
		this.#newest.set(key, message);
	}

	/** What {@link shareNewest} has gathered, in the order in which it came. */
	newest(): Iterable<string> {
		return this.#newest.values();
	}

	/** Keeps what is shared in this turn from a session. */
	withhold(session: string): void {
		this.#withheld.add(session);
	}

	/** Tells one session, after what is shared. */
	tell(session: string, message: ServerMessage): void {
		this.tellEncoded(session, [encodeMessage(message)]);
	}

	tellEncoded(session: string, messages: Iterable<string>): void {
		if (this.#closes.has(session)) return;
		let told = this.#private.get(session);
		if (told === undefined) {
			told = [];
			this.#private.set(session, told);
		}
		for (const message of messages) told.push(message);
	}

	/** Sends one session frames of their own, before everything else of the turn. They are encoded: many may share them. */
	tellFrames(session: string, frames: readonly string[]): void {
		if (!this.#closes.has(session)) this.#frames.set(session, [...(this.#frames.get(session) ?? []), ...frames]);
	}

	/** What a session was told so far. */
	told(session: string): readonly string[] {
		return this.#private.get(session) ?? [];
	}

	/** Takes back what a session was told so far, and gives it. */
	untell(session: string): readonly string[] {
		const told = this.told(session);
		this.#private.delete(session);
		return told;
	}

	refuse(session: string, refusal: Refusal): void {
		this.countRefusal(session);
		this.tell(session, { type: "error", ...refusal });
	}

	/** A session is refused something, and told so later. */
	countRefusal(session: string): void {
		this.#refusals.set(session, this.refusals(session) + 1);
	}

	/** How often a session was refused something so far. */
	refusals(session: string): number {
		return this.#refusals.get(session) ?? 0;
	}

	/** Answers what came over HTTP; nobody waits for `reply` null. */
	answer(reply: string | null, answer: Reply): void {
		if (reply !== null) this.#replies.set(reply, answer);
	}

	/** Keeps beside the session's socket what it must know after a sleep. */
	attach(session: Session): void {
		this.#attachments.set(session.id, attachmentOf(session));
	}

	/** The session has its welcome: from now on it hears what is shared. */
	welcome(session: string): void {
		this.#welcomed.push(session);
	}

	/**
	 * Sends a session away. It hears what it alone was told until now, and nothing that is said from here on: nor what
	 * was shared before, which is one with what comes after. Who may come back gets that by its cursor.
	 */
	close(session: string, code: number, reason: string): void {
		this.#closes.set(session, { session, code, reason });
		this.withhold(session);
	}

	/** Hands jobs to the queue. */
	send(jobs: readonly Sending[]): void {
		this.#jobs.push(...jobs);
	}

	/** Tells the operator what went wrong. */
	report(mishap: RoomMishap, error: unknown): void {
		this.#mishaps.push({ mishap, error });
	}

	/** What the turn has no room for comes again, before all that arrives meanwhile. */
	later(input: Input): void {
		this.#later.push(input);
	}

	/** There is more to send though nothing new may arrive. */
	again(): void {
		this.#again = true;
	}

	/** Nobody is here: what was shared is told to nobody. */
	shareNothing(): void {
		this.#shared.length = 0;
		this.#state.length = 0;
		this.#newest.clear();
	}

	#sharedWithoutState(): Effects["stateless"] {
		if (this.#state.length === 0 || this.#stateless.size === 0) return null;
		return { shared: [...this.#shared, ...this.#newest.values()], sessions: new Set(this.#stateless) };
	}

	/** All of it; `alarmAt` and `forget` are the room's to say. */
	effects({ alarmAt, forget }: Pick<Effects, "alarmAt" | "forget">): Effects {
		return {
			attachments: this.#attachments,
			welcomed: this.#welcomed,
			shared: [...this.#shared, ...this.#state, ...this.#newest.values()],
			stateless: this.#sharedWithoutState(),
			withheld: this.#withheld,
			frames: this.#frames,
			private: this.#private,
			closes: [...this.#closes.values()],
			replies: this.#replies,
			jobs: this.#jobs,
			mishaps: this.#mishaps,
			alarmAt,
			later: this.#later,
			again: this.#again,
			forget,
		};
	}
}
