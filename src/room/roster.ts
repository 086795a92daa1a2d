/**
 * Who is here. A member comes with its first session and goes a grace period after its last,
 * so one who reconnects never appears to leave (G9). Everything that a turn changes is told in
 * one message; a join or leave costs the same in a room of ten and of ten thousand, because
 * only a sample of them is named and the others counted.
 */
import type { RuleMember } from "../protocol/decision.ts";
import { FORMER_GUEST_ID, formerIdOf } from "../protocol/ids.ts";
import { GRACE_MS, MEMBERS_BYTES_MAX } from "../protocol/limits.ts";
import { utf8Bytes } from "../protocol/text.ts";
import type { Concern } from "./concern.ts";
import { earlier } from "./deadlines.ts";
import { Departed, isDeparted } from "./departed.ts";
import {
	beginGrace,
	type Entering,
	encodeHere,
	type Here,
	hereOf,
	type Move,
	rowOf,
	seenBy,
	setBackLeaving,
} from "./here.ts";
import { encodePresence } from "./presence.ts";
import type { RoomRecord } from "./record.ts";
import { type Field, Sample, type SampleChanges } from "./sample.ts";
import type { Attachment } from "./session.ts";
import type { RoomStore, RosterRow } from "./store.ts";
import type { Turn } from "./turn.ts";

const WHOLE: ReadonlySet<Field> = new Set(["name", "state"]);

/** Where only the count has changed. */
const NOBODY: SampleChanges = { joined: new Set(), left: new Set(), changed: new Map() };

export class Roster implements Concern {
	readonly #store: RoomStore;
	readonly #record: RoomRecord;
	/** In the order in which they came. */
	#members = new Map<string, Here>();
	/** Those of them who are named in messages. */
	readonly #sample = new Sample();
	/** Members without a session, the longest gone first. */
	#gone = new Set<string>();
	readonly #departed: Departed;
	/** Who has come and gone since this was last emptied, in order. */
	readonly moves: Move[] = [];

	// What this turn changed, for the store.
	#dirty = new Set<string>();
	#dropped = new Set<string>();
	#countShared: number;
	/** What {@link list} gave, until something changes: a thousand joins in one turn share it. */
	#listed: string | null = null;

	/** `attachments` are of the sessions whose sockets are still there. After a crash everyone else is in grace from now on. */
	constructor(store: RoomStore, record: RoomRecord, attachments: readonly Attachment[], now: number) {
		this.#store = store;
		this.#record = record;
		const rows = store.roster();
		this.#departed = new Departed(rows);
		for (const row of rows) if (!isDeparted(row)) this.#seat(row);
		for (const { member, session } of attachments) this.#members.get(member)?.sessions.add(session);
		const { gone, changed } = beginGrace([...this.#members.values()], now);
		for (const { id } of changed) this.#dirty.add(id);
		for (const { id } of gone) this.#gone.add(id);
		this.#countShared = this.#members.size;
	}

	#seat(row: RosterRow): void {
		this.#members.set(row.member, hereOf(row));
		this.#sample.seat(row.member);
	}

	get count(): number {
		return this.#members.size;
	}

	/** True where something waits for {@link flush}: members lost in a crash. */
	get isRestless(): boolean {
		return this.#dirty.size > 0 || this.#dropped.size > 0;
	}

	get isEmpty(): boolean {
		return this.#members.size === 0;
	}

	sessionsOf(member: string): Iterable<string> {
		return this.#members.get(member)?.sessions ?? [];
	}

	enter({ id, name, session, address }: Entering): void {
		let member = this.#members.get(id);
		if (member === undefined) {
			const state = this.#takeOver(formerIdOf(id)) ?? "null";
			member = { id, name, state, sessions: new Set(), goneSince: null, leftAt: 0, address };
			this.#members.set(id, member);
			this.moves.push({ what: "joined", member });
			this.#dirty.add(id);
			// It comes after those who stayed: its row is a new one.
			if (this.#departed.forget(id)) this.#dropped.add(id);
			this.#sample.add(id);
		}
		member.sessions.add(session);
		if (member.address !== address) {
			member.address = address;
			this.#dirty.add(id);
		}
		if (member.goneSince !== null) {
			member.goneSince = null;
			this.#gone.delete(id);
			this.#dirty.add(id);
		}
		if (member.name !== name) {
			member.name = name;
			this.#dirty.add(id);
			this.#sample.change(id, "name");
		}
	}

	/** The state of one in grace who comes back under a longer id, and is not shown twice. */
	#takeOver(former: string | null): string | undefined {
		const member = former === null || !this.#gone.has(former) ? undefined : this.#members.get(former);
		if (member === undefined) return undefined;
		this.#unseat(member.id);
		this.#dropped.add(member.id);
		return member.state;
	}

	/**
	 * A session is gone. The member's grace begins at `at`, Unix ms, if it was its last one; but not before another
	 * one left: a dead window that is found late says nothing of the window that was just closed.
	 */
	leave(id: string, session: string, at: number): void {
		const member = this.#members.get(id);
		if (member === undefined || !member.sessions.delete(session)) return;
		member.leftAt = Math.max(member.leftAt, at);
		if (member.sessions.size > 0) return;
		member.goneSince = member.leftAt;
		this.#gone.add(id);
		this.#dirty.add(id);
	}

	/** Lets those go whose grace is over. */
	#expire(now: number): void {
		for (const id of this.#gone) {
			const goneSince = this.#members.get(id)?.goneSince ?? 0;
			if (goneSince + GRACE_MS <= now) this.#remove(id, goneSince);
		}
	}

	/** Nobody is here any more, and nobody is left to be told. */
	wipe(): void {
		for (const each of [this.#members, this.#sample, this.#gone, this.#departed, this.#dirty, this.#dropped])
			each.clear();
		this.moves.length = 0;
		[this.#countShared, this.#listed] = [0, null];
	}

	/** Is gone at once, without grace. Says whether it was here. */
	remove(id: string, now: number): boolean {
		const wasHere = this.#members.has(id);
		if (wasHere) this.#remove(id, now);
		return wasHere;
	}

	/** Its name and state are told no more: it is erased. */
	unname(id: string): void {
		const member = this.#members.get(id);
		if (member === undefined) return;
		if (member.name !== id) this.#sample.change(id, "name");
		member.name = id;
		this.#dirty.add(id);
		this.setState(id, "null");
	}

	/** The keyed hash of the address that a guest last came from, while it is here and for a while after. */
	addressOf(id: string, now: number): string | null {
		return this.#members.get(id)?.address ?? this.#departed.addressOf(id, now);
	}

	/** Likewise; of what a guest's id was, those of every id that begins so. */
	addressesOf(member: string, now: number): Set<string> {
		const isFormer = FORMER_GUEST_ID.test(member);
		const known = isFormer ? [...this.#members.keys(), ...this.#departed.ids] : [];
		const ids = [member, ...known.filter((id) => formerIdOf(id) === member)];
		return new Set(ids.flatMap((id) => this.addressOf(id, now) ?? []));
	}

	/** Everyone who is here, as rules see them, in the order in which they came. */
	seen(): RuleMember[] {
		return [...this.#members.values()].map(seenBy);
	}

	/** Of everyone who is here, in the order in which they came. */
	get ids(): Iterable<string> {
		return this.#members.keys();
	}

	has(id: string): boolean {
		return this.#members.has(id) || this.#members.has(formerIdOf(id) ?? "");
	}

	setState(id: string, state: string): void {
		const member = this.#members.get(id);
		if (member === undefined || member.state === state) return;
		member.state = state;
		this.#dirty.add(id);
		this.#sample.change(id, "state");
	}

	/** A member's presence state, as JSON. */
	stateOf(id: string): string {
		return this.#members.get(id)?.state ?? "null";
	}

	setBack(now: number): boolean {
		for (const member of this.#members.values()) if (setBackLeaving(member, now)) this.#dirty.add(member.id);
		const isDepartedBack = this.#departed.setBack(now);
		return isDepartedBack || this.isRestless;
	}

	/** When the next grace is over. A swept member's grace may end before an earlier leaver's. */
	deadline(): number | null {
		let next: number | null = null;
		for (const id of this.#gone) next = earlier(next, (this.#members.get(id)?.goneSince ?? 0) + GRACE_MS);
		return next;
	}

	/** The members that messages name, as JSON, within MEMBERS_BYTES_MAX bytes. */
	list(): string {
		if (this.#listed !== null) return this.#listed;
		const members: string[] = [];
		let bytes = 0;
		for (const id of this.#sample) {
			const member = this.encode(id);
			bytes += utf8Bytes(member) + 1;
			if (bytes > MEMBERS_BYTES_MAX) break;
			members.push(member);
		}
		this.#listed = `[${members.join(",")}]`;
		return this.#listed;
	}

	/** The whole roster as a message, for one who missed what changed. */
	full(): string {
		return `{"type":"presence","count":${this.count},"joined":${this.list()},"left":[],"changed":[],"full":true}`;
	}

	/** Tells what changed: usually by one message, by more where it takes over PAGE_BYTES_MAX. */
	flush(turn: Turn): void {
		this.#expire(turn.now);
		this.#listed = null;
		const { rows, over } = this.#departed.take(turn.now);
		for (const id of over) this.#dropped.add(id);
		rows.push(...[...this.#dirty].flatMap((id) => this.#members.get(id) ?? []).map(rowOf));
		if (rows.length > 0 || this.#dropped.size > 0) this.#record.exist();
		if (this.#dropped.size > 0) this.#store.dropRoster([...this.#dropped]);
		if (rows.length > 0) this.#store.saveRoster(rows);
		for (const message of this.#encodeChanges()) turn.share(message);
		if (this.#dirty.size + this.#dropped.size > 0) [this.#dirty, this.#dropped] = [new Set(), new Set()];
		this.#countShared = this.count;
	}

	/** `at`: when it left, Unix ms. */
	#remove(id: string, at: number): void {
		const member = this.#members.get(id);
		if (member === undefined || !this.#departed.note(member, at)) this.#dropped.add(id);
		this.#unseat(id);
	}

	#unseat(id: string): void {
		const member = this.#members.get(id);
		if (member !== undefined) this.moves.push({ what: "left", member });
		this.#members.delete(id);
		this.#gone.delete(id);
		this.#dirty.delete(id);
		this.#sample.remove(id);
	}

	/** A member that is here, as JSON. */
	encode(id: string, fields: ReadonlySet<Field> = WHOLE): string {
		const member = this.#members.get(id);
		if (member === undefined) throw new Error("A member that is not here cannot be named.");
		return encodeHere(member, fields);
	}

	#encodeChanges(): string[] {
		const changes = this.#sample.take();
		if (changes === null && this.count === this.#countShared) return [];
		const { joined, left, changed } = changes ?? NOBODY;
		const shared = {
			joined: [...joined].map((id) => this.encode(id)),
			left: [...left].map((id) => JSON.stringify(id)),
			changed: [...changed].map(([id, fields]) => this.encode(id, fields)),
		};
		return encodePresence(shared, this.count);
	}
}
