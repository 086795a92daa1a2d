/**
 * What a page says to its room. A page hears before it speaks: what keeps, sends and repeats what was said is loaded
 * once the room is live, and what is said before that waits for it.
 */
import type { ServerMessage, SignalRequest, Welcome, WelcomeLimits } from "../protocol/messages.ts";
import { jsonOf, whyNotPresence, writePresence, writeSignal } from "./bounds.ts";
import type { Change, Entries } from "./entries.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Port } from "./port.ts";
import { NOT_LOADED, type Reason } from "./room.ts";
import { RoomError } from "./room-error.ts";
import type { Asked } from "./written.ts";

export type OutgoingClass = typeof Outgoing;

export class Speech {
	readonly #port: Port;
	readonly #flushed: () => void;
	/** The presence state that this page gave, as JSON: told again at every welcome, for the room forgets it with the member. */
	#state: string | null = null;
	#outgoing: Outgoing | null = null;
	#loading: Promise<Outgoing> | null = null;
	/** The last; null before the first. */
	#welcome: Welcome | null = null;
	#isLive = false;
	#ended: Reason | null = null;

	/** `flushed` is told when `resumeAt` may be another. */
	constructor(port: Port, flushed: () => void) {
		this.#port = port;
		this.#flushed = flushed;
	}

	/** It can be said from now on. */
	begin(Constructor: OutgoingClass): Outgoing {
		const outgoing = new Constructor(this.#port, this.#flushed);
		this.#outgoing = outgoing;
		if (this.#welcome !== null) outgoing.welcomed(this.#welcome);
		if (this.#isLive) outgoing.live();
		if (this.#ended !== null) outgoing.abandon(this.#ended);
		return outgoing;
	}

	#load(): Promise<Outgoing> {
		this.#loading ??= import("./outgoing.ts").then(
			({ Outgoing }) => this.begin(Outgoing),
			() => {
				// The next one to say something tries again.
				this.#loading = null;
				throw new RoomError(NOT_LOADED);
			},
		);
		return this.#loading;
	}

	/** Settled by the room's answer, or at once where the room could not take it. */
	async ask(message: Asked): Promise<unknown> {
		const json = "data" in message ? jsonOf(message.data) : "";
		return (this.#outgoing ?? (await this.#load())).ask(message, json);
	}

	/** Sets an entry; settled as what is asked for is. */
	async set(change: Change): Promise<{ version: number }> {
		return (this.#outgoing ?? (await this.#load())).set(change);
	}

	/** Undefined before there can be any: they are kept where one's own sets are. */
	get entries(): Entries | undefined {
		return this.#outgoing?.entries;
	}

	/** What is to be loaded before this is heard; null where it can be heard now. Where it cannot be loaded, nothing is known of entries. */
	loading(text: string): Promise<unknown> | null {
		if (this.#outgoing !== null || !text.includes('"type":"state"')) return null;
		return this.#load().catch(this.#failed);
	}

	readonly #failed = ({ refusal }: RoomError): void => this.#port.message({ type: "error", ...refusal });

	/** The room's; null while they are not known. */
	get #limits(): WelcomeLimits | null {
		return this.#welcome?.limits ?? null;
	}

	/** @throws RoomError where the room could not take it. */
	signal(message: SignalRequest): void {
		const text = writeSignal(message, this.#limits);
		this.#say((outgoing) => outgoing.signal(message, text));
	}

	/** @throws RoomError where the room could not take it; what was told before stands. */
	setPresence(state: unknown): void {
		const json = jsonOf(state);
		const refusal = whyNotPresence(json, this.#limits);
		if (refusal !== null) throw new RoomError(refusal);
		this.#state = json;
		this.#sendState();
	}

	#sendState(): void {
		const state = this.#state;
		if (state !== null) this.#say((outgoing) => outgoing.presence(writePresence(state)));
	}

	/** Says what is worth nothing later: only while live. */
	#say(say: (outgoing: Outgoing) => void): void {
		if (!this.#isLive) return;
		if (this.#outgoing !== null) return say(this.#outgoing);
		void this.#load().then((outgoing) => this.#isLive && say(outgoing), this.#failed);
	}

	/** The connection is new: nothing that was sent on the last one counts. */
	reset(): void {
		this.#outgoing?.reset();
	}

	/** Returns why a state that was given before the room's bounds were known is dropped, or null. */
	welcomed(welcome: Welcome): Reason | null {
		// What an earlier page left in the room is not this one's: cleared, unless this one gave its own.
		if (this.#welcome === null && (welcome.me.state ?? null) !== null) this.#state ??= "null";
		this.#welcome = welcome;
		this.#outgoing?.welcomed(welcome);
		const refusal = whyNotPresence(this.#state ?? "", welcome.limits);
		if (refusal !== null) this.#state = null;
		return refusal;
	}

	live(): void {
		this.#isLive = true;
		this.#outgoing?.live();
		this.#sendState();
		// Where it cannot be loaded, who says something is told.
		if (this.#outgoing === null) void this.#load().catch(() => {});
	}

	/** No longer live: what is told newest was worth something then. */
	halt(): void {
		this.#isLive = false;
		this.#outgoing?.halt();
	}

	/** Gives up on everything: the client has stopped. */
	abandon(reason: Reason): void {
		this.#ended ??= reason;
		this.halt();
		this.#outgoing?.abandon(this.#ended);
	}

	/** Tells the room which outcomes have arrived. */
	confirm(messages: readonly ServerMessage[]): void {
		if (this.#outgoing !== null) this.#outgoing.confirm(messages);
		else if (messages.some(({ type }) => type === "job"))
			this.#load().then(
				(outgoing) => outgoing.confirm(messages),
				() => {},
			);
	}

	/** True where the message answered something that went out from here. */
	hear(message: ServerMessage, me: string): boolean {
		return this.#outgoing?.hear(message, me) ?? false;
	}

	/** True where a frame was refused, and it could be any of several: only a new connection makes it certain. */
	get isInDoubt(): boolean {
		return this.#outgoing?.isInDoubt ?? false;
	}

	/** When something is to go out, monotonic ms; Infinity where nothing waits. */
	get resumeAt(): number {
		return this.#outgoing?.resumeAt ?? Number.POSITIVE_INFINITY;
	}

	flush(): void {
		this.#outgoing?.flush();
	}
}
