/**
 * One's own sets, until the room has answered: of an entry one is on its way at a time, and what is set meanwhile goes
 * together as the next.
 */
import type { SetRequest } from "../protocol/entries.ts";
import { CLIENT_OUTBOX_MAX, CLIENT_SET_TRIES_MAX } from "../protocol/speech-limits.ts";
import { jsonOf, refused } from "./bounds.ts";
import { applied, type Change, type Entries } from "./entries.ts";
import type { Asking } from "./outbox.ts";
import type { Entry, Reason } from "./room.ts";
import { RoomError } from "./room-error.ts";

/** What carries them to the room. */
interface Line {
	/** @throws RoomError where the room could not take it. */
	ask(message: SetRequest, json: string, asking: Asking): void;
	withdraw(id: string): void;
	/** @throws RoomError where the room could not take it. */
	check(message: SetRequest, json: string): void;
	isLive(): boolean;
	newId(): string;
}

/** What goes as one set. */
class Batch {
	readonly expect: number | undefined;
	/** In their order. A value is the first of them, for nothing before it counts; what follows one is in it. */
	changes: Change[] = [];
	/** Of the message that is on its way; null where none is. */
	id: string | null = null;
	/** In which the version that it expects is one. */
	epoch: string | undefined;
	/** The entry as a conflict told it. */
	base: Entry | null = null;
	tries = 0;
	readonly done: Promise<{ version: number }>;
	resolve: (answer: { version: number }) => void = () => {};
	reject: (error: unknown) => void = () => {};

	constructor(expect: number | undefined, epoch: string | undefined) {
		this.expect = expect;
		this.epoch = epoch;
		this.done = new Promise((resolve, reject) => {
			this.resolve = resolve;
			this.reject = reject;
		});
	}

	/** True where what it comes to depends on what the entry is. */
	get isRelative(): boolean {
		return this.changes.length > 1 || typeof this.changes[0]?.to === "function";
	}
}

export class OwnSets {
	readonly #entries: Entries;
	readonly #line: Line;
	/** By key, in their order; never empty. */
	readonly #batches = new Map<string, Batch[]>();
	#waiting = 0;

	constructor(entries: Entries, line: Line) {
		this.#entries = entries;
		this.#line = line;
	}

	/** @throws RoomError where the room could not take it; and what a function throws. */
	take(change: Change): Promise<{ version: number }> {
		const { key, expect } = change;
		const queue = this.#batches.get(key) ?? [];
		const last = queue.at(-1);
		const isJoined = last?.id === null && last.expect === undefined && expect === undefined;
		const batch = isJoined ? last : new Batch(expect, this.#entries.epoch);
		batch.changes = this.#joined(batch.changes, change);
		if (!isJoined) {
			if (this.#waiting >= CLIENT_OUTBOX_MAX) throw tooMany();
			this.#waiting++;
			queue.push(batch);
			this.#batches.set(key, queue);
			this.#entries.own.set(key, (value) => shownBy(queue, value));
		}
		this.#begin(key);
		this.#entries.touch(key);
		return batch.done;
	}

	/** @throws RoomError where the room could not take it; and what a function throws. */
	#joined(before: readonly Change[], change: Change): Change[] {
		const { key, to, add, expect } = change;
		if (typeof to === "function" && expect !== undefined) {
			throw refused("invalid", "A function expects what it is given; `expect` goes with a value.");
		}
		if (add !== undefined) {
			if (typeof add !== "number") throw refused("invalid", "What is added is a number.");
			jsonOf(add);
		}
		const next = add === undefined ? this.#checked(key, applied(change, this.#entries.at(key).value)) : undefined;
		if (add === undefined && typeof to !== "function") return [{ key, to: next, expect }];
		const [first] = before;
		if (first === undefined) return [change];
		if (first.add === undefined && typeof first.to !== "function") {
			if (add !== undefined && typeof (first.to ?? 0) !== "number") {
				throw refused("invalid", "What was set just before it is no number, to which nothing can be added.");
			}
			return [{ key, to: this.#checked(key, applied(change, first.to)) }];
		}
		if (before.length === 1 && first.add !== undefined && add !== undefined) return [{ key, add: first.add + add }];
		if (before.length >= CLIENT_OUTBOX_MAX) throw tooMany();
		return [...before, change];
	}

	/** A copy: what becomes of the one that was given is not the room's. @throws RoomError where the room could not take it. */
	#checked(key: string, value: unknown): unknown {
		const json = jsonOf(value);
		this.#line.check({ type: "set", id: this.#line.newId(), key }, json);
		return JSON.parse(json);
	}

	/** Sends the first of them, if it is not on its way. */
	#begin(key: string): void {
		const [batch] = this.#batches.get(key) ?? [];
		if (batch === undefined || batch.id !== null) return;
		const isBound = batch.isRelative || batch.expect !== undefined;
		// What depends on what is there waits until it is known.
		if (isBound && !this.#line.isLive()) return;
		const id = this.#line.newId();
		batch.id = id;
		try {
			const { message, json } = this.#messageOf(key, batch, id);
			this.#line.ask(message, json, {
				resolve: (answer) => {
					this.#end(key);
					batch.resolve(answer as { version: number });
				},
				reject: (error) => this.#refused(key, batch, error),
			});
		} catch (error) {
			this.#end(key);
			batch.reject(error);
		}
	}

	/** @throws RoomError where the state that it was meant for is gone; and what a function throws. */
	#messageOf(key: string, batch: Batch, id: string): { message: SetRequest; json: string } {
		const { changes, expect } = batch;
		const [first] = changes;
		const { epoch } = this.#entries;
		if (batch.isRelative) {
			const { value, version } = batch.base ?? this.#entries.told(key);
			batch.epoch = epoch;
			const json = jsonOf(changes.reduce((now, change) => applied(change, now), value));
			return { message: { type: "set", id, key, expect: version }, json };
		}
		if (first?.add !== undefined) return { message: { type: "set", id, key, add: first.add }, json: "" };
		if (expect !== undefined && batch.epoch !== undefined && batch.epoch !== epoch) throw begunAnew(key);
		return { message: { type: "set", id, key, expect }, json: jsonOf(first?.to) };
	}

	#refused(key: string, batch: Batch, error: RoomError): void {
		const { code, version, value } = error.refusal;
		const isBehind = code === "conflict" && batch.isRelative && version !== undefined;
		if (isBehind && ++batch.tries < CLIENT_SET_TRIES_MAX) {
			batch.base = { key, value, version };
			batch.id = null;
			return this.#begin(key);
		}
		this.#end(key);
		batch.reject(error);
	}

	/** The first of them is over: what the room said of the entry shows, and what comes next of one's own. */
	#end(key: string): void {
		const queue = this.#batches.get(key) ?? [];
		queue.shift();
		this.#waiting--;
		if (queue.length === 0) this.#batches.delete(key);
		this.#entries.answered(key, queue.length === 0);
		this.#begin(key);
	}

	/** What depends on what is there can be sent; of another epoch no version is one of this. */
	live(): void {
		for (const [key, [batch]] of [...this.#batches]) {
			if (batch === undefined) continue;
			const isOfOther = batch.epoch !== undefined && batch.epoch !== this.#entries.epoch;
			if (batch.id !== null && isOfOther && (batch.isRelative || batch.expect !== undefined)) {
				this.#line.withdraw(batch.id);
				batch.id = batch.base = null;
			}
			this.#begin(key);
		}
	}

	/** Gives up on all of them: the client has stopped. */
	abandon(reason: Reason): void {
		for (const [key, queue] of [...this.#batches]) {
			this.#batches.delete(key);
			this.#entries.answered(key, true);
			for (const batch of queue) batch.reject(new RoomError(reason));
		}
	}
}

function shownBy(batches: readonly Batch[], value: unknown): unknown {
	let shown = value;
	for (const { changes } of batches) {
		for (const change of changes) {
			try {
				shown = applied(change, shown);
			} catch {
				// Who asked is told when it is to be sent.
			}
		}
	}
	return shown;
}

function tooMany(): RoomError {
	return refused("overloaded", `${CLIENT_OUTBOX_MAX} sets wait for an answer already; try again when there are fewer.`);
}

function begunAnew(key: string): RoomError {
	return refused("conflict", `The room's state has begun anew: look at what \`${key}\` is now.`);
}
