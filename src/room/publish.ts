/**
 * Publishing: the checks in their order, and idempotency. A (member, id) yields one event however
 * often it is sent (G3): a repeat is answered from the store, before any other check is made.
 */

import type { Refusal } from "../protocol/codes.ts";
import { RESERVED_EVENTS } from "../protocol/ids.ts";
import type { Capability, Event } from "../protocol/messages.ts";
import type { Settings } from "../protocol/settings.ts";
import { exceedsBytes, sameJson } from "../protocol/text.ts";
import type { Buckets } from "./buckets.ts";
import type { History } from "./history.ts";
import type { PublishKey, RoomStore } from "./store.ts";

export interface Author {
	member: string;
	name: string;
	can: ReadonlySet<Capability>;
}

/** What is published, and the key that makes it idempotent. */
export interface Publication {
	id: string;
	name: string;
	data: unknown;
	/** Publishes only if this is the head. */
	expect?: number | undefined;
}

export type Published =
	| { outcome: "published"; seq: number }
	| { outcome: "repeated"; seq: number }
	| { outcome: "refused"; refusal: Refusal };

export class Publishing {
	readonly #history: History;
	readonly #buckets: Buckets;
	readonly #settings: Settings;
	/** Seqs of the publishes that are known, among those of this turn. */
	readonly #known = new Map<string, number>();

	constructor(history: History, buckets: Buckets, settings: Settings) {
		this.#history = history;
		this.#buckets = buckets;
		this.#settings = settings;
	}

	/** Looks up a whole turn's publishes at once: one statement, not one a message. */
	begin(keys: readonly PublishKey[], store: RoomStore): void {
		this.#known.clear();
		if (keys.length === 0) return;
		for (const key of store.findKeys(keys)) this.#known.set(`${key.member} ${key.id}`, key.seq);
	}

	/** O(size of the data); appends to the history where nothing speaks against it. */
	publish(author: Author, publication: Publication, now: number): Published {
		const { id, name, data, expect } = publication;
		const refuse = (code: Refusal["code"], message: string, more: Partial<Refusal> = {}): Published => ({
			outcome: "refused",
			refusal: { id, code, message, ...more },
		});
		if (name.startsWith(RESERVED_EVENTS)) {
			return refuse(
				"reserved_name",
				`Event names that start with \`${RESERVED_EVENTS}\` are the room's own; choose another.`,
			);
		}
		const key = `${author.member} ${id}`;
		const known = this.#known.get(key);
		if (known !== undefined) {
			return this.#isSame(known, name, data)
				? { outcome: "repeated", seq: known }
				: refuse("id_reused", "This id was used for another event; give each new event an id of its own.");
		}
		if (!author.can.has("publish")) {
			return refuse("forbidden", "You may not publish in this room.");
		}
		const { head } = this.#history.meta;
		if (expect !== undefined && expect !== head) {
			return refuse("conflict", `The head is ${head}, not ${expect}; look at what came since and publish again.`, {
				head,
			});
		}
		const retryAfterMs = this.#takeToken(author.member, now);
		if (retryAfterMs > 0) {
			return refuse("rate_limited", "Too many publishes; send this one again a little later.", { retryAfterMs });
		}
		const dataJson = JSON.stringify(data);
		if (exceedsBytes(dataJson, this.#settings.eventBytesMax)) {
			return refuse("too_large", `The data of an event holds at most ${this.#settings.eventBytesMax} bytes of JSON.`);
		}
		const event = this.#history.append({ from: author.member, author: author.name, id, name }, dataJson, now);
		this.#known.set(key, event.seq);
		return { outcome: "published", seq: event.seq };
	}

	#takeToken(member: string, now: number): number {
		const { publishPerSecond, roomPublishPerSecond } = this.#settings;
		if (publishPerSecond === 0) return 0;
		return (
			this.#buckets.take(`publish ${member}`, publishPerSecond, now) ||
			this.#buckets.take("publish", roomPublishPerSecond, now)
		);
	}

	/** Only an event that is still kept can tell a reused id from a repeat; a redacted one only by its name. */
	#isSame(seq: number, name: string, data: unknown): boolean {
		const kept = this.#history.at(seq);
		if (kept === null) return true;
		if (kept.name !== name) return false;
		const event = JSON.parse(kept.body) as Event;
		return event.redacted === true || sameJson(event.data, JSON.parse(JSON.stringify(data)));
	}
}
