/** What a page may know of an app: read from the schemas and kinds of its definition, by the compiler alone. */
import type { GenericSchema, InferInput } from "valibot";

type Rest = { "*": unknown };

/** What is sent is what a schema takes, and so is what is told: it is passed on as it came. */
type DataOf<Definition> = Definition extends { readonly data: infer S extends GenericSchema } ? InferInput<S> : unknown;

type Published<Events> = {
	[N in keyof Events as Events[N] extends { readonly from: "backend" } ? never : N]: DataOf<Events[N]>;
};
type Told<Events> = { [N in keyof Events]: DataOf<Events[N]> };
type Signals<S> = { [N in keyof S]: S[N] extends GenericSchema ? InferInput<S[N]> : never };

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
type Asked<Kinds> = { [K in Kinds as NameOf<K>]: { input: InputOf<K>; result: ResultOf<K> } };

/** What a key may be that fits the pattern. */
type KeyOf<P extends string> = P extends `${infer Before}{member}${infer After}`
	? `${KeyOf<Before>}${string}${KeyOf<After>}`
	: P extends `${infer Before}*${infer After}`
		? `${Before}${string}${KeyOf<After>}`
		: P;
type ValueOf<Definition> = Definition extends { readonly value: infer S extends GenericSchema }
	? InferInput<S>
	: unknown;
type Entries<S> = { [P in keyof S & string as KeyOf<P>]: ValueOf<S[P]> };
type Settable<S> = {
	[P in keyof S & string as S[P] extends { readonly write: "backend" | "rules" } ? never : KeyOf<P>]: ValueOf<S[P]>;
};

export interface TypesIn<D> {
	published: D extends { readonly events: infer Events } ? Published<Events> : Rest;
	told: D extends { readonly events: infer Events } ? Told<Events> : Rest;
	signals: D extends { readonly signals: infer S } ? Signals<S> : Rest;
	asked: D extends { readonly kinds: readonly (infer K)[] } ? Asked<K> : object;
	presence: D extends { readonly presence: infer S extends GenericSchema } ? InferInput<S> : unknown;
	entries: D extends { readonly state: infer S } ? Entries<S> : object;
	settable: D extends { readonly state: infer S } ? Settable<S> : object;
}
