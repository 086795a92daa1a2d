/**
 * Bans and mutes, kept by the room until they expire. A guest's ban also holds for its network
 * address, of which only a keyed hash is known here.
 */
import { formerIdOf } from "../protocol/ids.ts";
import { SANCTIONS_MAX } from "../protocol/limits.ts";
import type { Capability } from "../protocol/messages.ts";
import type { Concern } from "./concern.ts";
import { earliest } from "./deadlines.ts";
import type { RoomStore, SanctionRow } from "./store.ts";

/** What a muted member may not do: everything that others would notice. */
const SPEAKING: ReadonlySet<Capability> = new Set(["publish", "signal", "presence", "job", "moderate"]);

/** Since when and until when a sanction holds. */
export type Term = Pick<SanctionRow, "since" | "until">;

export class Sanctions implements Concern {
	readonly #store: RoomStore;
	/** By kind and subject, then by member: an address may be banned for several guests, each for its time. */
	#rows = new Map<string, Map<string, SanctionRow>>();
	/** Whose term has moved with the clock, and is to be written. */
	#moved: SanctionRow[] = [];

	constructor(store: RoomStore) {
		this.#store = store;
		for (const row of store.sanctions()) this.#keep(row);
	}

	get isEmpty(): boolean {
		return this.#rows.size === 0;
	}

	isBanned(member: string, address: string | null, now: number): boolean {
		if (this.#rows.size === 0) return false;
		if (this.#holds("ban", member, now) || this.#holds("ban", formerIdOf(member), now)) return true;
		return address !== null && this.#holds("ban", `@${address}`, now);
	}

	/** Whether what a member said or asked for earlier may still be told to all: one who is banned or muted since is not heard. */
	mayBeHeard(member: string, address: string | null, now: number): boolean {
		return !this.isBanned(member, address, now) && this.effective(member, ["publish"]).has("publish");
	}

	/** What is left of a member's grants while it is muted: until the turn that ends the mute, whenever that comes. */
	effective(member: string, granted: readonly Capability[]): ReadonlySet<Capability> {
		const former = formerIdOf(member);
		const isMuted = this.#rows.has(keyOf("mute", member)) || (former !== null && this.#rows.has(keyOf("mute", former)));
		if (!isMuted) return new Set(granted);
		return new Set(granted.filter((capability) => !SPEAKING.has(capability)));
	}

	/** `term`: since when and until when it holds, Unix ms; null for ever. */
	impose(kind: SanctionRow["kind"], member: string, addresses: Iterable<string>, term: Term): void {
		this.#put({ kind, subject: member, member, ...term });
		// What is changed is changed for all that it already holds for: addresses, and what the guest's id was.
		const held = this.#rowsOf(kind, member);
		for (const row of held) this.#put({ ...row, ...term });
		for (const address of addresses) this.#put({ kind, subject: `@${address}`, member, ...term });
	}

	/** Says whether there was one. */
	lift(kind: SanctionRow["kind"], member: string): boolean {
		const rows = this.#rowsOf(kind, member);
		this.#drop(rows);
		return rows.length > 0;
	}

	/** Forgets what has expired; gives the members whose mute is over. */
	expire(now: number): string[] {
		const over = this.#all().filter(({ until }) => until !== null && until <= now);
		this.#drop(over);
		return over.filter(({ kind }) => kind === "mute").map(({ member }) => member);
	}

	/** What was imposed by a clock that was ahead lasts as long as was said, from now on. */
	setBack(now: number): boolean {
		const ahead = this.#all().filter(({ since }) => since !== null && since > now);
		for (const row of ahead) {
			const { since, until } = row;
			const moved = { ...row, since: now, until: until === null || since === null ? until : until - (since - now) };
			this.#keep(moved);
			this.#moved.push(moved);
		}
		return ahead.length > 0;
	}

	flush(): void {
		for (const row of this.#moved) {
			if (this.#rows.get(keyOf(row.kind, row.subject))?.get(row.member) === row) this.#store.saveSanction(row);
		}
		this.#moved = [];
	}

	deadline(): number | null {
		return earliest(this.#all().map(({ until }) => until));
	}

	#rowsOf(kind: SanctionRow["kind"], member: string): SanctionRow[] {
		const former = formerIdOf(member);
		return this.#all().filter((row) => row.kind === kind && (row.member === member || row.member === former));
	}

	#holds(kind: SanctionRow["kind"], subject: string | null, now: number): boolean {
		if (subject === null) return false;
		for (const { until } of this.#rows.get(keyOf(kind, subject))?.values() ?? []) {
			if (until === null || until > now) return true;
		}
		return false;
	}

	#all(): SanctionRow[] {
		return [...this.#rows.values()].flatMap((rows) => [...rows.values()]);
	}

	#keep(row: SanctionRow): void {
		const key = keyOf(row.kind, row.subject);
		const rows = this.#rows.get(key) ?? new Map<string, SanctionRow>();
		this.#rows.set(key, rows.set(row.member, row));
	}

	#put(row: SanctionRow): void {
		this.#keep(row);
		this.#store.saveSanction(row);
		if (this.#rows.size <= SANCTIONS_MAX) return;
		const soonest = this.#all().sort(
			(a, b) => (a.until ?? Number.POSITIVE_INFINITY) - (b.until ?? Number.POSITIVE_INFINITY),
		);
		this.#drop(soonest.slice(0, 1));
	}

	#drop(rows: readonly SanctionRow[]): void {
		for (const { kind, subject, member } of rows) {
			const key = keyOf(kind, subject);
			const left = this.#rows.get(key);
			left?.delete(member);
			if (left?.size === 0) this.#rows.delete(key);
			this.#store.dropSanction(kind, subject, member);
		}
	}
}

function keyOf(kind: SanctionRow["kind"], subject: string): string {
	return `${kind} ${subject}`;
}
