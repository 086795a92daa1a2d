/**
 * What an app says of its rooms as types alone: the compiler's share of `app.ts`, by which a page and its server are
 * checked against each other. Nothing of it is there when the program runs.
 */

/** A kind that members may ask for: what it takes, and what comes of it. */
export interface AskedTypes {
	input: unknown;
	result: unknown;
}

/** Each by name, where `*` stands for every name that is not listed. */
export interface AppTypes {
	/** The data of the events that members may publish. */
	published: object;
	/** The data of every event, also of those that only a backend publishes. */
	told: object;
	/** The data of signals. */
	signals: object;
	/** The kinds that members may ask for: {@link AskedTypes}. */
	asked: object;
	/** A member's state. */
	presence: unknown;
	/** The values of entries, by what their keys may be: `vote/{member}` in a pattern is `vote/${string}` here. */
	entries: object;
	/** Those of entries that a page may set: not those that only a backend or the rules of events do. */
	settable: object;
}

/** Of an app that says nothing: every name, and any data. */
export interface AnyTypes {
	published: { "*": unknown };
	told: { "*": unknown };
	signals: { "*": unknown };
	asked: { "*": AskedTypes };
	presence: unknown;
	entries: { [key: string]: unknown };
	settable: { [key: string]: unknown };
}

/** What an app is to those who ask for its types. `types` is never there: it only carries them. */
export interface Typed<T extends AppTypes = AppTypes> {
	readonly types?: T;
}

/** The types of an app; those of any where it has none. */
export type TypesOf<A> = A extends Typed<infer T> ? (AppTypes extends T ? AnyTypes : T) : AnyTypes;

/** A name that may be said: one of those that are listed, or any where there is `*`. */
export type NameIn<M> = "*" extends keyof M ? string : keyof M & string;

/** What stands under a name: its own, or that of `*`. */
export type Under<M, N extends string> = N extends keyof M ? M[N] : M extends { "*": infer Other } ? Other : never;

/** The data of something that is said, and what follows it: left out it is `null`, where that is data of it. */
export type Given<Data, Rest extends unknown[] = []> = null extends Data
	? [data?: Data, ...rest: Rest]
	: [data: Data, ...rest: Rest];

/** A key that may be read, or set: one that fits one of the patterns. */
export type KeyIn<M> = keyof M & string;

/** The value of an entry; of several patterns that a key fits, of all of them. */
export type ValueIn<M, K extends string> = K extends keyof M ? M[K] : never;
