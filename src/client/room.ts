/** What a page holds of a room: the public face of the client. */
import type { Given, Typed } from "../protocol/app-types.ts";
import type { ErrorCode, Refusal } from "../protocol/codes.ts";
import type { Access, JobNotice, Welcome } from "../protocol/messages.ts";
import type {
	Added,
	EntryKey,
	EntryOf,
	EntryUnder,
	EntryValue,
	EventOf,
	JobData,
	JobName,
	JobResult,
	MemberOf,
	PresentEntryOf,
	PublishData,
	PublishName,
	SetKey,
	SetValue,
	SignalData,
	SignalName,
	SignalOf,
	StateOf,
} from "./typed.ts";

/** Why it is as it is: a refusal of the room's, or `unreachable` and `left`, which are the client's own words. */
export type Reason = Omit<Refusal, "code"> & {
	/** Also what a kind of job gives where it fails for good: see {@link Room.requestJob}. */
	code: ErrorCode | "unreachable" | "left" | (string & {});
	/** Of a `conflict` over an entry, what is: its value is null, and its version 0, where there is none. */
	key?: string | undefined;
	version?: number | undefined;
	value?: unknown;
};

/** What is loaded only where it is needed can be out of reach by then. */
export const NOT_LOADED: Reason = {
	code: "unreachable",
	message: "A part of the client cannot be loaded. Reload the page.",
};

/**
 * Where the connection stands. `waiting` tries again at `retryAt` (Unix ms); `stopped` never does,
 * and says why.
 */
export type ConnectionState =
	| { kind: "connecting" }
	| { kind: "replaying" }
	| { kind: "live" }
	| { kind: "waiting"; retryAt: number; reason: Reason | null }
	| { kind: "stopped"; code: number; reason: string };

/**
 * A token, or how to get a fresh one: called at every attempt to connect, and has 30 s. Null is one who is not signed
 * in: a guest, where the server has guests.
 */
export type Token = string | null | (() => string | null | Promise<string | null>);

/** An `AbortSignal`, as far as it is listened to: every runtime's is one. */
export interface LeaveSignal {
	readonly aborted: boolean;
	addEventListener(type: "abort", listener: () => void): void;
}

/** A `WebSocket`, be it a browser's, Node's, or one of a package such as `ws`. */
export type SocketClass = new (
	url: string,
	protocols: string[],
) => { readonly readyState: number; readonly bufferedAmount: number; send(text: string): void; close(): void };

export interface JoinOptions {
	/** A guest's display name, 1 to 64 characters. A token's name is never overridden. */
	name?: string;
	token?: Token;
	/** Leaves the room when it is aborted. */
	signal?: LeaveSignal;
	/** What sockets are made of, where the runtime has none of its own (Node before 22) or tests have another. */
	WebSocket?: SocketClass;
	/** False keeps the heartbeat's time in the page itself: where a Content-Security-Policy forbids workers of `blob:`. */
	worker?: boolean;
	/** Where to take up the history: `{epoch}.{seq}`, as {@link Room.cursor} gave it. */
	since?: string;
	/** What shows at once of one's own events: `predict({ move })`, of `rotunda/client/predict`. */
	predict?: Prediction;
}

/** What `predict` of `rotunda/client/predict` gives. */
export interface Prediction {
	/** The events whose rules are run on the page. */
	readonly names: readonly string[];
}

export interface PublishOptions {
	/** Publishes only if the room's newest event is that one. */
	expect?: number;
	/**
	 * The event's own key, 1 to 64 characters; made up where it is missing. Published twice under one
	 * key, it is in the history once. A {@link RoomEvents.job} notice tells by it that the event is held.
	 */
	id?: string;
}

/** An entry as it is now; its value is null, and its version 0, where there is none. */
export type Entry = EntryUnder<string, unknown>;

export interface SetOptions {
	/** Sets it only if its version is that one; 0: only if there is none. */
	expect?: number;
}

/** What a room tells its page. Add listeners with {@link Room.on}. */
export interface RoomEvents<A extends Typed = Typed> {
	/** The connection's state changed. */
	state: ConnectionState;
	/** One has joined; with `continuity: "reset"` everything shown so far is to be dropped. */
	welcome: Welcome;
	/** Every event of the room, once, in order; one's own too. */
	event: EventOf<A>;
	/** Others' signals. */
	signal: SignalOf<A>;
	/** Who is here changed; see {@link Room.members}. */
	presence: { count: number; members: ReadonlyMap<string, MemberOf<A>> };
	/** Entries that are others now, one's own sets among them; see {@link Room.get}. */
	entries: readonly EntryOf<A>[];
	/** Where a job stands that one asked for, or (`held`, `failed`) an event that is checked before anyone sees it. */
	job: JobNotice;
	/** One's capabilities changed; see {@link Room.me}. */
	access: Access;
	/** Everything that was missed has been told. */
	"caught-up": { head: number };
	/** A refusal that answers no call of one's own, and why there is no connection. Each is in the console once. */
	error: Reason;
}

export interface HistoryPage<A extends Typed = Typed> {
	events: EventOf<A>[];
	floor: number;
	head: number;
	more: boolean;
}

/** `A`: the app whose room it is, `typeof app`; without it every name and any data will do. */
export interface Room<A extends Typed = Typed> {
	readonly state: ConnectionState;
	/** Oneself, as the last welcome told; null before the first. */
	readonly me: Welcome["me"] | null;
	/** Who is here, by id: another map when it has changed. In a room of more than 200, a sample. */
	readonly members: ReadonlyMap<string, MemberOf<A>>;
	/** How many members are here. */
	readonly count: number;
	/** What has been seen, as `since` takes it; null before the first welcome. */
	readonly cursor: string | null;

	/** Listens; the function that it returns stops listening. */
	on<K extends keyof RoomEvents>(type: K, listener: (event: RoomEvents<A>[K]) => void): () => void;

	/**
	 * The room's events, one after the other: the newest that are held, at most a few hundred, and then those that
	 * follow. Whoever reads slowly misses none: what is held no more is asked for. It ends when one leaves.
	 * @throws RoomError `trimmed` where the history begins anew or what comes next is kept no more; or why the room was left.
	 */
	events(): AsyncIterable<EventOf<A>>;
	/**
	 * Publishes an event: now, or when the connection is back. Sent until it is answered, it is in
	 * the history once. Data that is not given is `null`. Resolves to its place; where it is checked first, once it is cleared.
	 * @throws RoomError where the room refuses it, the check does (`rejected`, or the code of the rule that decides then), or 1000 are waiting
	 * already (`overloaded`). What no room could take is refused at once: data that JSON does not hold as it is
	 * (a cycle, a BigInt, a function, NaN; a field that is undefined is left out), or more than fits.
	 */
	publish<N extends PublishName<A>>(
		name: N,
		...given: Given<PublishData<A, N>, [options?: PublishOptions]>
	): Promise<{ seq: number }>;
	/**
	 * Tells everyone, or one member, something that need not be kept. Dropped while not live.
	 * @throws RoomError at once, where the data is not JSON or too large.
	 */
	signal<N extends SignalName<A>>(name: N, ...given: Given<SignalData<A, N>, [options?: { to?: string }]>): void;
	/**
	 * Replaces one's presence state; told again after a reconnect.
	 * @throws RoomError at once, where it is not JSON or too large; before the first welcome the room's bound is not
	 * known, and a state beyond it is dropped then, with an {@link RoomEvents.error}.
	 */
	setPresence(state: StateOf<A> | null): void;
	/**
	 * An entry's value; null where there is none, and before the room has told it. What one sets shows in it at once,
	 * over what the room says meanwhile, until the room has answered: what is refused is then gone again.
	 */
	get<K extends EntryKey<A>>(key: K): EntryValue<A, K> | null;
	/** The entries whose keys begin so, in the order of their keys; all of them where nothing is given. */
	entries<P extends string = string>(prefix?: P): readonly PresentEntryOf<A, P>[];
	/**
	 * Makes an entry's next value of its last, null where there is none: now, or when the connection is back. Where another
	 * was first it is called anew, up to 100 times; so it only returns, and does nothing else.
	 * Resolves to the version that the entry has then.
	 * @throws RoomError where the room refuses it; and what the function throws.
	 */
	set<K extends SetKey<A>>(
		key: K,
		next: (value: SetValue<A, K> | null) => SetValue<A, K> | null,
	): Promise<{ version: number }>;
	/**
	 * Sets an entry, or drops it where the value is null: now, or when the connection is back. While one is on its way, what
	 * is set of the same entry waits, and goes as one: all of them are answered with it.
	 * @throws RoomError where the room refuses it (`conflict` with the entry as it is), or 1000 are waiting already
	 * (`overloaded`). What no room could take is refused at once, as of {@link Room.publish}.
	 */
	set<K extends SetKey<A>>(key: K, value: SetValue<A, K> | null, options?: SetOptions): Promise<{ version: number }>;
	/** Adds to an entry that is a number, or is not there: once, however often it is sent. @throws RoomError as `set` */
	add<K extends SetKey<A>>(key: K, number: Added<A, K>): Promise<{ version: number }>;
	/** As `set` to null. */
	drop(key: SetKey<A>, options?: SetOptions): Promise<{ version: number }>;
	/** A page of the history, ascending: before or after a seq, or the newest. */
	history(page?: { before?: number; after?: number; limit?: number }): Promise<HistoryPage<A>>;
	/**
	 * Asks for heavy work; resolves to its result.
	 * @throws RoomError where the room refuses it, or it fails for good: with the code and the sentence that its kind gives.
	 */
	requestJob<N extends JobName<A>>(name: N, ...given: Given<JobData<A, N>>): Promise<JobResult<A, N>>;
	/** Leaves for good. */
	leave(): void;
}
