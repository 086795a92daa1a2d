/** The state as it is read over HTTP: an entry, or a page of them in the order of their keys. */
import { PAGE_BYTES_MAX, PAGE_EVENTS_DEFAULT } from "../protocol/limits.ts";
import type { Rules } from "../protocol/rules.ts";
import { STATE_KEYS_AT_ONCE } from "../protocol/state-limits.ts";
import { keyAfter, utf8Bytes } from "../protocol/text.ts";
import { maySee } from "./entry-checks.ts";
import type { Entry, EntryHead, StateStore } from "./state-store.ts";
import type { Veil } from "./veil.ts";

export interface StateQuery {
	prefix?: string | undefined;
	/** A key. */
	after?: string | undefined;
	limit?: number | undefined;
}

export interface StatePage {
	/** Encoded entries. */
	bodies: string[];
	more: boolean;
}

interface Sought {
	prefix: string;
	after: string;
	limit: number;
}

interface Needs {
	store: StateStore;
	rules: Rules;
	veil: Veil;
}

/** Beside key and value, what an entry of a page takes at most: its numbers, and a member's id. */
const ENTRY_BYTES = 256;

export class StateList {
	readonly #room: Needs;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** An entry, for one who may see it; null where there is none. */
	at(key: string, member: string): Entry | null {
		const [entry] = this.#room.store.readEntries([key]);
		return entry === undefined || !this.#isSeen(entry, member) ? null : entry;
	}

	#isSeen(head: EntryHead, member: string): boolean {
		return head.bytes !== null && !this.#room.veil.hides(head) && maySee(member, this.#room.rules.entry(head.key));
	}

	/** At most `limit` entries and PAGE_BYTES_MAX bytes, never less than one where there is one that the member may see. */
	page({ prefix = "", after = "", limit = PAGE_EVENTS_DEFAULT }: StateQuery, member: string): StatePage {
		const { heads, more } = this.#seen({ prefix, after, limit }, member);
		const entries = new Map(this.#room.store.readEntries(heads.map(({ key }) => key)).map((each) => [each.key, each]));
		const bodies = heads.flatMap(({ key }) => {
			const entry = entries.get(key);
			return entry === undefined ? [] : [bodyOf(entry)];
		});
		return { bodies, more };
	}

	/** Looks through the keys without their values, until there are enough that the member may see. */
	#seen({ prefix, after, limit }: Sought, member: string) {
		const heads: EntryHead[] = [];
		const before = keyAfter(prefix);
		// Of an empty key there is none; the prefix may be a key itself, and is looked at by itself.
		let from = after;
		if (after < prefix) {
			const [self] = prefix === "" ? [] : this.#room.store.readEntries([prefix]);
			if (self !== undefined && self.bytes !== null && this.#isSeen(self, member)) heads.push(self);
			from = prefix;
		}
		let bytes = heads.reduce((sum, head) => sum + sizeOf(head), 0);
		for (;;) {
			const found = this.#room.store.headsByKey({ after: from, before }, STATE_KEYS_AT_ONCE);
			for (const head of found) {
				if (!this.#isSeen(head, member)) continue;
				bytes += sizeOf(head);
				if (heads.length === limit || (heads.length > 0 && bytes > PAGE_BYTES_MAX)) return { heads, more: true };
				heads.push(head);
			}
			from = found.at(-1)?.key ?? from;
			if (found.length < STATE_KEYS_AT_ONCE) return { heads, more: false };
		}
	}
}

function sizeOf({ key, bytes }: EntryHead): number {
	return utf8Bytes(key) + (bytes ?? 0) + ENTRY_BYTES;
}

function bodyOf({ key, value, version, at, from }: Entry): string {
	return `{"key":${JSON.stringify(key)},"value":${value},"version":${version},"at":${at},"from":${JSON.stringify(from)}}`;
}
