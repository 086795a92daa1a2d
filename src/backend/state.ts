/** A room's entries, as a backend has them: over HTTP, where an entry's version is its entity tag. */
import type * as v from "valibot";
import type { KeyIn, Typed, TypesOf, ValueIn } from "../protocol/app-types.ts";
import type * as http from "../protocol/http.ts";
import { CLIENT_SET_TRIES_MAX } from "../protocol/speech-limits.ts";
import { BackendError, newId, type Requests } from "./request.ts";

/** An entry, with when it was last changed (Unix ms) and by whom. */
export type Entry<K extends string = string, V = unknown> = Omit<v.InferOutput<typeof http.Entry>, "key" | "value"> & {
	key: K;
	value: V;
};

export interface SetOptions {
	/** The same id sets once, however often it is called; made up where it is missing. */
	id?: string;
	/** Sets it only if its version is that one; 0: only if there is none. */
	expect?: number;
}

type Keys<A extends Typed> = KeyIn<TypesOf<A>["entries"]>;
type Value<A extends Typed, K extends string> = ValueIn<TypesOf<A>["entries"], K>;
type EntryIn<A extends Typed> = {
	[K in Keys<A>]: Entry<K, TypesOf<A>["entries"][K & keyof TypesOf<A>["entries"]]>;
}[Keys<A>];

/** Where a set landed. */
export interface Landed {
	epoch: string;
	version: number;
}

/** `A`: the app whose room it is, `typeof app`; without it any key and value will do. */
export class BackendState<A extends Typed = Typed> {
	readonly #requests: Requests;
	readonly #path: string;

	/** @internal */
	constructor(requests: Requests, room: string) {
		this.#requests = requests;
		this.#path = `${room}/state`;
	}

	#at(key: string): string {
		return `${this.#path}/${encodeURIComponent(key)}`;
	}

	/** An entry; null where there is none. @throws BackendError */
	async get<K extends Keys<A>>(key: K): Promise<{ value: Value<A, K>; version: number } | null> {
		try {
			const answer = await this.#requests.answer(this.#at(key));
			const version = Number(/^"(\d+)"$/.exec(answer.headers.get("ETag") ?? "")?.[1]);
			return { value: (await answer.json()) as Value<A, K>, version };
		} catch (error) {
			if (error instanceof BackendError && error.code === "not_found") return null;
			throw error;
		}
	}

	/**
	 * All entries, or those whose keys begin so, in the order of their keys. What is changed meanwhile may be told as it was
	 * or as it is. @throws BackendError
	 */
	async *entries({ prefix }: { prefix?: string } = {}): AsyncGenerator<EntryIn<A>, void, undefined> {
		let after: string | undefined;
		for (let isMore = true; isMore; ) {
			const page = await this.#requests.json<v.InferOutput<typeof http.StatePage>>(this.#path, {
				query: { prefix, after },
			});
			yield* page.entries as unknown as EntryIn<A>[];
			after = page.entries.at(-1)?.key;
			isMore = page.more && after !== undefined;
		}
	}

	/**
	 * Makes an entry's next value of its last, null where there is none; where another was first it is asked anew, up to 100
	 * times. @throws BackendError
	 */
	set<K extends Keys<A>>(key: K, next: (value: Value<A, K> | null) => Value<A, K> | null): Promise<Landed>;
	/**
	 * Sets an entry, or drops it where the value is null: once, however often it is tried. @throws BackendError
	 * `precondition_failed`, with the entry as it is, where that is not what is expected
	 */
	set<K extends Keys<A>>(key: K, value: Value<A, K> | null, options?: SetOptions): Promise<Landed>;
	async set<K extends Keys<A>>(key: K, to: unknown, options: SetOptions = {}): Promise<Landed> {
		if (typeof to !== "function") return this.#put(key, to, options);
		let now: { value: unknown; version: number } | null = await this.get(key);
		for (let tries = 1; ; tries++) {
			try {
				return await this.#put(key, to(now?.value ?? null), { expect: now?.version ?? 0 });
			} catch (error) {
				if (!(error instanceof BackendError) || error.entry === null || tries === CLIENT_SET_TRIES_MAX) throw error;
				now = error.entry;
			}
		}
	}

	#put(key: string, value: unknown, options: SetOptions): Promise<Landed> {
		return this.#requests.json(this.#at(key), { method: "PUT", headers: headersOf(options), body: value });
	}

	/** Drops an entry, if it is there. @throws BackendError as `set` */
	async drop(key: Keys<A>, options: SetOptions = {}): Promise<void> {
		await this.#requests.json(this.#at(key), { method: "DELETE", headers: headersOf(options) });
	}
}

function headersOf({ id = newId(), expect }: SetOptions): Record<string, string> {
	const condition: Record<string, string> =
		expect === undefined ? {} : expect === 0 ? { "If-None-Match": "*" } : { "If-Match": `"${expect}"` };
	return { "Idempotency-Key": id, ...condition };
}
