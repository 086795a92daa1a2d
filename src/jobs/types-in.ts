/** What the compiler knows of an app: read from the schemas and kinds of its definition, for its pages and its rules. */
import type { GenericSchema, InferInput } from "valibot";
import type { Given, NameIn, Under } from "../protocol/app-types.ts";
import type { DecidedEvent, RuleEntry, RuleMember, RuleRoom } from "../protocol/decision.ts";
import type { AppDefinition, EntryDefinition, EventDefinition } from "./definition.ts";
import type { Kind } from "./kind.ts";

/** Of an app that says nothing of it: every name, and any data. */
export type Rest = { "*": unknown };

/** A kind whose name is no literal may be any: `defineKind` keeps it. */
type NameOf<K> = K extends { readonly asked: false }
	? never
	: K extends { readonly name: infer N extends string }
		? string extends N
			? "*"
			: N
		: never;
type InputOf<K> = K extends { readonly input: infer S extends GenericSchema } ? InferInput<S> : unknown;
type ResultOf<K> = K extends { run(...given: never[]): Promise<infer Result> } ? Result : unknown;

/** What a key may be that fits the pattern. */
type KeyOf<P extends string> = P extends `${infer Before}{member}${infer After}`
	? `${KeyOf<Before>}${string}${KeyOf<After>}`
	: P extends `${infer Before}*${infer After}`
		? `${Before}${string}${KeyOf<After>}`
		: P;

/**
 * What pages are checked by. What is sent is what a schema takes, and so is what is told: it is passed on as it came.
 * `Data` is each event's, and `From` who may publish it; `State` each pattern's value, and `Write` who may set it.
 */
export interface TypesIn<Data, From, State, Write, Signals, Kinds extends readonly Kind[], Presence> {
	published: { [N in keyof Data as N extends keyof From ? (From[N] extends "backend" ? never : N) : N]: Data[N] };
	told: { [N in keyof Data]: Data[N] };
	signals: { [N in keyof Signals]: Signals[N] };
	asked: { [K in Kinds[number] as NameOf<K>]: { input: InputOf<K>; result: ResultOf<K> } };
	presence: Presence;
	entries: { [P in keyof State & string as KeyOf<P>]: State[P] };
	settable: {
		[P in keyof State & string as P extends keyof Write
			? Write[P] extends "backend" | "rules"
				? never
				: KeyOf<P>
			: KeyOf<P>]: State[P];
	};
}

type AmongPatterns<State, K extends string> = {
	[P in keyof State & string]: P extends "*" ? never : K extends KeyOf<P> ? State[P] : never;
}[keyof State & string];

/** The value under a key: of the pattern that it is, of those that it fits, or of `*`. */
type ValueAt<State, K extends string> = K extends keyof State
	? State[K]
	: [AmongPatterns<State, K>] extends [never]
		? Under<State & Rest, "*">
		: AmongPatterns<State, K>;

/** Whatever it is called, and whoever may ask for it. */
type AnyNameOf<K> = K extends { readonly name: infer N extends string } ? N : never;
type InputNamed<K, N> = K extends { readonly name: infer M } ? (N extends M ? InputOf<K> : never) : never;

/** The room, as the rules of an app with such events, entries and kinds see it. */
export interface RoomOf<Data, State, Presence, Kinds extends readonly Kind[] = readonly Kind[]> extends RuleRoom {
	get<K extends string>(key: K): ValueAt<State, K> | null;
	entries<P extends string>(prefix: P): readonly RuleEntry<ValueAt<State, `${P}${string}`>>[];
	set<K extends string>(key: K, value: ValueAt<State, K> | null): void;
	publish<N extends NameIn<Data>>(name: N, ...given: Given<Under<Data, N>>): void;
	job<N extends AnyNameOf<Kinds[number]>>(kind: N, ...given: Given<InputNamed<Kinds[number], N>>): void;
	later<N extends NameIn<Data>>(name: N, ms: number, data?: Under<Data, N>): void;
	readonly members: readonly RuleMember<Presence | null>[];
}

/** An app's definition, of which each part is checked by what the others say. */
export interface Definition<Data, From, State, Write, Signals, Kinds extends readonly Kind[], Presence>
	extends Omit<AppDefinition, "events" | "state" | "signals" | "kinds" | "presence" | "members"> {
	readonly events: {
		readonly [N in keyof Data]: Omit<EventDefinition, "from" | "data" | "decide"> & {
			readonly data?: GenericSchema<Data[N], unknown>;
			readonly decide?: (
				event: DecidedEvent<Data[N], N extends "*" ? string : N & string>,
				room: RoomOf<Data, State, Presence, Kinds>,
			) => unknown;
		};
	} & { readonly [N in keyof From]: { readonly from: From[N] } };
	readonly state?: {
		readonly [P in keyof State]: Omit<EntryDefinition, "write" | "value"> & {
			readonly value?: GenericSchema<State[P], unknown>;
		};
	} & { readonly [P in keyof Write]: { readonly write: Write[P] } };
	readonly signals?: { readonly [N in keyof Signals]: GenericSchema<Signals[N], unknown> };
	readonly kinds?: Kinds;
	readonly presence?: GenericSchema<Presence, unknown>;
	readonly members?: {
		readonly [What in "joined" | "left"]?: (
			member: RuleMember<Presence | null>,
			room: RoomOf<Data, State, Presence, Kinds>,
		) => unknown;
	};
}
