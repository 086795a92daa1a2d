/** What a room's page knows of it from the app's types, where it is given them: names, and what stands under each. */
import type { KeyIn, NameIn, Typed, TypesOf, Under, ValueIn } from "../protocol/app-types.ts";
import type { ROOM_JOB, ROOM_REDACTED } from "../protocol/ids.ts";
import type { Event, Member, Signal } from "../protocol/messages.ts";
import type { RoomJob, RoomRedacted } from "../protocol/room-events.ts";

interface Whole<Name, Data> extends Omit<Event, "name" | "data" | "redacted"> {
	name: Name;
	data: Data;
	redacted?: never;
}

/** One that was taken back: it keeps its place, and nothing of what it said. */
interface Redacted<Name> extends Omit<Event, "name" | "data" | "redacted"> {
	name: Name;
	data: null;
	redacted: true;
}

type EventIn<M> = { [N in keyof M]: Whole<N, M[N]> | Redacted<N> }[keyof M];

type OwnEvent = EventIn<{ [ROOM_JOB]: RoomJob; [ROOM_REDACTED]: RoomRedacted }>;

interface Said<Name, Data> extends Omit<Signal, "name" | "data"> {
	name: Name;
	data: Data;
}

/** True where nothing is listed but `*`: then a name is a text, and data anything. */
type IsAny<M> = [keyof M] extends ["*"] ? true : false;

/**
 * An event of the app's rooms, told apart by its name; the room's own among them. Where the app lets other names pass
 * than those that it lists, `*` stands for each of these: no compiler could tell them apart from the others.
 */
export type EventOf<A extends Typed> = EventsIn<TypesOf<A>["told"]>;
type EventsIn<M> = IsAny<M> extends true ? Event : EventIn<M> | OwnEvent;

export type SignalOf<A extends Typed> = SignalIn<TypesOf<A>["signals"]>;
type SignalIn<M> = IsAny<M> extends true ? Signal : { [N in keyof M]: Said<N, M[N]> }[keyof M];

/** A member's presence state. */
export type StateOf<A extends Typed> = TypesOf<A>["presence"];

export interface MemberOf<A extends Typed> extends Omit<Member, "state"> {
	/** Null where it has given none. */
	state: StateOf<A> | null;
}

export type PublishName<A extends Typed> = NameIn<TypesOf<A>["published"]>;
export type PublishData<A extends Typed, N extends string> = Under<TypesOf<A>["published"], N>;
export type SignalName<A extends Typed> = NameIn<TypesOf<A>["signals"]>;
export type SignalData<A extends Typed, N extends string> = Under<TypesOf<A>["signals"], N>;
export type JobName<A extends Typed> = NameIn<TypesOf<A>["asked"]>;
type Asked<A extends Typed, N extends string> = Under<TypesOf<A>["asked"], N>;
export type JobData<A extends Typed, N extends string> = Asked<A, N> extends { input: infer Input } ? Input : never;
export type JobResult<A extends Typed, N extends string> =
	Asked<A, N> extends { result: infer Result } ? Result : never;

/** An entry of the app's rooms; its value is null where it was dropped. */
export type EntryOf<A extends Typed, P extends string = string> = EntryIn<TypesOf<A>["entries"], P, null>;
/** One that is there. */
export type PresentEntryOf<A extends Typed, P extends string = string> = EntryIn<TypesOf<A>["entries"], P, never>;
/** Of those keys that may begin so. */
type EntryIn<M, P extends string, None> = {
	[K in KeyIn<M>]: BeginsSo<K, P> extends true ? EntryUnder<K, M[K] | None> : never;
}[KeyIn<M>];

/** False where no key of that kind can begin so: letter by letter, until one of them may be any text. */
type BeginsSo<K extends string, P extends string> = P extends ""
	? true
	: string extends K | P
		? true
		: [K, P] extends [`${infer C}${infer Behind}`, `${infer D}${infer Rest}`]
			? string extends C | D
				? true
				: C extends D
					? BeginsSo<Behind, Rest>
					: false
			: false;

/** An entry under a key. */
export interface EntryUnder<K extends string, V> {
	key: K;
	value: V;
	version: number;
}

export type EntryKey<A extends Typed> = KeyIn<TypesOf<A>["entries"]>;
export type EntryValue<A extends Typed, K extends string> = ValueIn<TypesOf<A>["entries"], K>;
export type SetKey<A extends Typed> = KeyIn<TypesOf<A>["settable"]>;
export type SetValue<A extends Typed, K extends string> = ValueIn<TypesOf<A>["settable"], K>;
/** What is added: nothing may be where the entry is no number. */
export type Added<A extends Typed, K extends string> = number extends SetValue<A, K> ? number : never;
