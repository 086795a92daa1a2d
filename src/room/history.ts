/**
 * The room's one order: what this turn adds to it, and pages of it.
 * New events are gathered and written in one go, so a turn costs one append however many it holds.
 */

import { encodeEvent } from "../protocol/codec.ts";
import { ROOM_AUTHOR, ROOM_MEMBER, ROOM_REDACTED } from "../protocol/ids.ts";
import { PAGE_BYTES_MAX, PAGE_EVENTS_DEFAULT } from "../protocol/limits.ts";
import type { Event, HistoryRequest } from "../protocol/messages.ts";
import type { RoomRedacted } from "../protocol/room-events.ts";
import { utf8Bytes } from "../protocol/text.ts";
import type { Concern } from "./concern.ts";
import { fitting } from "./fitting.ts";
import { RecentEvents } from "./recent-events.ts";
import type { RoomRecord } from "./record.ts";
import type { EventSize, NewEvent, RoomStore, StoredEvent } from "./store.ts";
import type { Turn } from "./turn.ts";
import type { Veil } from "./veil.ts";

/** An event that has no place yet. */
export interface Appending extends Omit<Event, "type" | "seq" | "at" | "data"> {
	/** Of its name and data, where it has an id. */
	digest?: string;
	/** The event that it is about, and the job whose outcome it tells. */
	about?: number | null;
	job?: number;
}

export interface Page {
	/** Encoded events, ascending. */
	bodies: string[];
	/** Seq of the last, or null where the page is empty. */
	last: number | null;
	/** True where there are more in the direction that was asked for. */
	more: boolean;
}

export class History implements Concern {
	readonly #store: RoomStore;
	readonly #record: RoomRecord;
	readonly #veil: Veil;
	readonly #isBehind: () => boolean;
	readonly #recent = new RecentEvents();
	#fresh: NewEvent[] = [];
	#rewritten = new Map<number, Pick<StoredEvent, "seq" | "body" | "bytes">>();

	/** `isBehind`: whether somebody is to be told of events that others know. */
	constructor(store: RoomStore, record: RoomRecord, veil: Veil, isBehind: () => boolean) {
		this.#store = store;
		this.#record = record;
		this.#veil = veil;
		this.#isBehind = isBehind;
	}

	get isEmpty(): boolean {
		const { head, floor } = this.#record.meta;
		return head < floor;
	}

	/** Gives the event the next place. Nobody may see it before {@link flush} has committed. */
	append(event: Appending, dataJson: string, now: number): StoredEvent {
		const { meta } = this.#record;
		const at = Math.max(now, meta.at);
		const seq = meta.head + 1;
		const body = encodeEvent({ ...event, seq, at }, dataJson);
		const stored: NewEvent = {
			seq,
			at: now,
			from: event.from,
			id: event.id ?? null,
			digest: event.digest ?? "",
			about: event.about ?? null,
			job: event.job ?? null,
			body,
			bytes: utf8Bytes(body),
		};
		this.#fresh.push(stored);
		this.#record.change({
			head: seq,
			at,
			floorAt: meta.floorAt ?? now,
			bytes: meta.bytes + stored.bytes,
			oldestKey: stored.id === null ? meta.oldestKey : (meta.oldestKey ?? { at: now, seq }),
		});
		return stored;
	}

	/**
	 * Takes back what an event holds: it keeps its place with `data` null, and everyone is told by a `room.redacted`
	 * event; where its author is erased (`isErased`), it loses its author's name too. Says whether there was such an
	 * event, kept or not.
	 */
	redact(seq: number, by: string, now: number, isErased = false): boolean {
		if (seq < 1 || seq > this.#record.meta.head) return false;
		const stored = this.#find(seq);
		// What a job made of it is taken back with it.
		const derived = stored === null ? [] : this.#about(seq);
		if (stored !== null) {
			const { type: _, data: __, ...event } = JSON.parse(stored.body) as Event;
			// That something was taken back is not taken back: the archive would never hear of it.
			if (event.name === ROOM_REDACTED) return true;
			const author = isErased && event.from !== ROOM_MEMBER ? "" : event.author;
			const body = encodeEvent({ ...event, author, redacted: true }, "null");
			if (body !== stored.body) this.#rewrite(stored, body);
			if (event.redacted === true) return true;
		}
		const data = JSON.stringify({ seq, by } satisfies RoomRedacted);
		this.append({ from: ROOM_MEMBER, author: ROOM_AUTHOR, name: ROOM_REDACTED }, data, now);
		for (const each of derived) this.redact(each, by, now);
		return true;
	}

	#rewrite({ seq, bytes: before }: StoredEvent, body: string): void {
		const bytes = utf8Bytes(body);
		const { meta } = this.#record;
		this.#record.change({
			bytes: meta.bytes + bytes - before,
			heldBytes: meta.heldBytes + (seq < meta.floor ? bytes - before : 0),
		});
		const fresh = this.#fresh.find((each) => each.seq === seq);
		if (fresh === undefined) this.#rewritten.set(seq, { seq, body, bytes });
		else Object.assign(fresh, { body, bytes });
	}

	wipe(): void {
		this.#fresh = [];
		this.#rewritten.clear();
		this.#recent.clear();
	}

	/** Writes this turn's events, so that they can be read, and tells them in order. */
	flush(turn: Turn): void {
		if (this.#fresh.length > 0) this.#store.append(this.#fresh);
		if (this.#rewritten.size > 0) this.#store.rewrite([...this.#rewritten.values()]);
		if (this.#isBehind()) {
			this.#recent.add(this.#fresh);
			for (const event of this.#rewritten.values()) this.#recent.rewrite(event);
		} else {
			this.#recent.clear();
		}
		for (const { body } of this.#fresh) turn.share(body);
		if (this.#fresh.length > 0) this.#fresh = [];
		if (this.#rewritten.size > 0) this.#rewritten = new Map();
	}

	/** The event at `seq`, if it is still kept. */
	at(seq: number): StoredEvent | null {
		const event = seq < this.#record.meta.floor ? null : this.#find(seq);
		return event === null ? null : this.#veil.over(event);
	}

	/** The encoded events from `from` to `to`, of those that are stored, also below the floor. */
	stored(from: number, to: number): string[] {
		return to < from ? [] : this.#store.after(from - 1, to - from + 1).map((event) => this.#veil.over(event).body);
	}

	#about(seq: number): number[] {
		const fresh = this.#fresh.filter(({ about }) => about === seq);
		return [...this.#store.seqsAbout(seq), ...fresh.map((event) => event.seq)];
	}

	/** What a member has published in this turn, and what came of the jobs that are `theirs`, by number. */
	freshOf(member: string, theirs: (job: number) => boolean): number[] {
		return this.#fresh
			.filter((event) => event.from === member || (event.job !== null && theirs(event.job)))
			.map((event) => event.seq);
	}

	/** When the first of this turn's events was written; null where there are none. */
	get freshAt(): number | null {
		return this.#fresh[0]?.at ?? null;
	}

	#find(seq: number): StoredEvent | null {
		const fresh = this.#fresh.find((event) => event.seq === seq);
		if (fresh !== undefined) return fresh;
		const [stored] = seq < this.#record.meta.kept ? [] : this.#store.after(seq - 1, 1);
		if (stored === undefined || stored.seq !== seq) return null;
		const rewritten = this.#rewritten.get(seq);
		return rewritten === undefined ? stored : { ...stored, ...rewritten };
	}

	/** A page before or after a seq, or of the newest. */
	page({ after, before, limit = PAGE_EVENTS_DEFAULT }: Pick<HistoryRequest, "before" | "after" | "limit">): Page {
		if (after !== undefined) return this.after(after, limit);
		return this.before(before ?? this.#record.meta.head + 1, limit);
	}

	/** At most `limit` events and `bytesMax` bytes after `seq`, never less than one where there is one. */
	after(seq: number, limit: number, bytesMax = PAGE_BYTES_MAX): Page {
		const { floor, head } = this.#record.meta;
		const from = Math.max(seq, floor - 1);
		const count = fitting(Math.min(limit, head - from), bytesMax, (first, most) => this.#sizes(from + first, most));
		return this.#page(from, count, (last) => last < head);
	}

	/** Like {@link after}, the nearest before `seq`. Seqs have no gap, so where it begins is known. */
	before(seq: number, limit: number): Page {
		const { floor, head } = this.#record.meta;
		const end = Math.min(seq - 1, head);
		const most = Math.min(limit, end - floor + 1);
		const count = fitting(most, PAGE_BYTES_MAX, (first, many) =>
			this.#store.sizesAfter(end - first - many, many).toReversed(),
		);
		return this.#page(end - count, count, () => end - count >= floor);
	}

	#sizes(seq: number, limit: number): readonly EventSize[] {
		return this.#recent.after(seq, limit) ?? this.#store.sizesAfter(seq, limit);
	}

	/** `count` events after `from`: only what is sent is read. */
	#page(from: number, count: number, hasMore: (last: number) => boolean): Page {
		const events = count === 0 ? [] : (this.#recent.after(from, count) ?? this.#store.after(from, count));
		const last = events.at(-1)?.seq ?? null;
		return { bodies: events.map((event) => this.#veil.over(event).body), last, more: hasMore(last ?? from) };
	}
}
