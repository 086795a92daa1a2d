/**
 * Who is here. A member comes with its first session and goes a grace period after its last,
 * so one who reconnects never appears to leave (G9). Everything that a turn changes is told in
 * one message; a join or leave costs the same in a room of ten and of ten thousand, because
 * only the first ROSTER_SAMPLE_MEMBERS_MAX are named and the others counted.
 */
import { GRACE_MS, PAGE_BYTES_MAX, ROSTER_SAMPLE_MEMBERS_MAX } from "../protocol/limits.ts";
import type { Member, Presence, PresenceChange } from "../protocol/messages.ts";
import { utf8Bytes } from "../protocol/text.ts";
import type { RoomStore, RosterRow } from "./store.ts";

interface Here {
	id: string;
	name: string;
	/** The presence state, as JSON. */
	state: string;
	sessions: Set<string>;
	goneSince: number | null;
	/** When the latest of its sessions left, Unix ms, as far as memory goes. */
	leftAt: number;
	/** The keyed hash of a guest's address. */
	address: string | null;
}

export class Roster {
	/** In the order in which they came. */
	#members = new Map<string, Here>();
	/** The first of them, who are named in messages; the others wait in line. */
	#sample = new Set<string>();
	#line = new Set<string>();
	/** Members without a session, the longest gone first. */
	#gone = new Set<string>();

	// What this turn changed: for the store, and for those who watch.
	#dirty = new Set<string>();
	#dropped = new Set<string>();
	#joined = new Set<string>();
	#left = new Set<string>();
	#changed = new Map<string, Set<"name" | "state">>();
	#countTold: number;
	/** What {@link list} gave, until something changes: a thousand joins in one turn share it. */
	#listed: string | null = null;

	/** `sessions` are those whose sockets are still there. After a crash everyone else is in grace from now on. */
	constructor(rows: readonly RosterRow[], sessions: Iterable<{ id: string; member: string }>, now: number) {
		for (const row of rows) {
			this.#members.set(row.member, {
				id: row.member,
				name: row.name,
				state: row.state,
				sessions: new Set(),
				goneSince: row.goneSince,
				leftAt: 0,
				address: row.address,
			});
			(this.#sample.size < ROSTER_SAMPLE_MEMBERS_MAX ? this.#sample : this.#line).add(row.member);
		}
		for (const session of sessions) this.#members.get(session.member)?.sessions.add(session.id);
		const gone = [...this.#members.values()].filter((member) => member.sessions.size === 0);
		// Where no socket is left of those that were there, a crash took them, and nobody could come back meanwhile: all
		// have the whole grace again, also those whom an earlier crash had dropped.
		const isCrash = gone.length === this.#members.size && gone.some(({ goneSince }) => goneSince === null);
		for (const member of gone) {
			if (!isCrash && member.goneSince !== null) continue;
			member.goneSince = now;
			this.#dirty.add(member.id);
		}
		gone.sort((a, b) => (a.goneSince ?? 0) - (b.goneSince ?? 0));
		for (const member of gone) this.#gone.add(member.id);
		this.#countTold = this.#members.size;
	}

	get count(): number {
		return this.#members.size;
	}

	/** True where something waits for {@link flush}. */
	get isDirty(): boolean {
		return this.#dirty.size > 0 || this.#dropped.size > 0;
	}

	sessionsOf(member: string): Iterable<string> {
		return this.#members.get(member)?.sessions ?? [];
	}

	enter(id: string, name: string, session: string, address: string | null = null): void {
		let member = this.#members.get(id);
		if (member === undefined) {
			member = { id, name, state: "null", sessions: new Set(), goneSince: null, leftAt: 0, address };
			this.#members.set(id, member);
			this.#dirty.add(id);
			if (this.#sample.size < ROSTER_SAMPLE_MEMBERS_MAX) this.#show(id);
			else this.#line.add(id);
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
			this.#tellChange(id, "name");
		}
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
	expire(now: number): void {
		for (const id of this.#gone) {
			if ((this.#members.get(id)?.goneSince ?? 0) + GRACE_MS <= now) this.#remove(id);
		}
	}

	/** Nobody is here any more, and nobody is left to be told. The store was wiped. */
	clear(): void {
		for (const set of [this.#sample, this.#line, this.#gone, this.#dirty, this.#dropped, this.#joined, this.#left])
			set.clear();
		this.#members.clear();
		this.#changed.clear();
		this.#countTold = 0;
		this.#listed = null;
	}

	/** Is gone at once, without grace. Says whether it was here. */
	remove(id: string): boolean {
		const wasHere = this.#members.has(id);
		if (wasHere) this.#remove(id);
		return wasHere;
	}

	/** The keyed hash of the address that a guest last came from, while it is here or in grace. */
	addressOf(id: string): string | null {
		return this.#members.get(id)?.address ?? null;
	}

	has(id: string): boolean {
		return this.#members.has(id);
	}

	setState(id: string, state: string): void {
		const member = this.#members.get(id);
		if (member === undefined || member.state === state) return;
		member.state = state;
		this.#dirty.add(id);
		this.#tellChange(id, "state");
	}

	/** When the next grace is over, Unix ms. A swept member's grace may end before an earlier leaver's. */
	nextExpiry(): number | null {
		let next: number | null = null;
		for (const id of this.#gone) {
			const at = (this.#members.get(id)?.goneSince ?? 0) + GRACE_MS;
			next = next === null ? at : Math.min(next, at);
		}
		return next;
	}

	/** The members that messages name, as JSON, within PAGE_BYTES_MAX bytes. */
	list(): string {
		if (this.#listed !== null) return this.#listed;
		const members: string[] = [];
		let bytes = 0;
		for (const id of this.#sample) {
			const member = this.#encode(id);
			bytes += utf8Bytes(member) + 1;
			if (bytes > PAGE_BYTES_MAX) break;
			members.push(member);
		}
		this.#listed = `[${members.join(",")}]`;
		return this.#listed;
	}

	/** The whole roster as a message, for one who missed what changed. */
	full(): string {
		return `{"type":"presence","count":${this.count},"joined":${this.list()},"left":[],"changed":[],"full":true}`;
	}

	/** Writes what changed and gives the messages that tell it: usually none or one, more where it takes over PAGE_BYTES_MAX. */
	flush(store: RoomStore): string[] {
		this.#listed = null;
		const rows = [...this.#dirty].flatMap((id) => {
			const member = this.#members.get(id);
			return member === undefined
				? []
				: [
						{
							member: id,
							name: member.name,
							state: member.state,
							goneSince: member.goneSince,
							address: member.address,
						},
					];
		});
		if (this.#dropped.size > 0) store.dropRoster([...this.#dropped]);
		if (rows.length > 0) store.saveRoster(rows);
		const told = this.#encodeChanges();
		this.#dirty.clear();
		this.#dropped.clear();
		this.#joined.clear();
		this.#left.clear();
		this.#changed.clear();
		this.#countTold = this.count;
		return told;
	}

	#remove(id: string): void {
		this.#members.delete(id);
		this.#gone.delete(id);
		this.#dirty.delete(id);
		this.#dropped.add(id);
		if (this.#line.delete(id)) return;
		this.#sample.delete(id);
		this.#changed.delete(id);
		if (!this.#joined.delete(id)) this.#left.add(id);
		const [next] = this.#line;
		if (next !== undefined) {
			this.#line.delete(next);
			this.#show(next);
		}
	}

	#show(id: string): void {
		this.#sample.add(id);
		if (this.#left.delete(id)) this.#changed.set(id, new Set(["name", "state"]));
		else this.#joined.add(id);
	}

	#tellChange(id: string, field: "name" | "state"): void {
		if (!this.#sample.has(id) || this.#joined.has(id)) return;
		const fields = this.#changed.get(id) ?? new Set();
		this.#changed.set(id, fields.add(field));
	}

	#encode(id: string): string {
		const member = this.#members.get(id);
		if (member === undefined) throw new Error("A member that is not here cannot be named.");
		return `{"id":${JSON.stringify(id)},"name":${JSON.stringify(member.name)},"state":${member.state}}`;
	}

	#encodeChanges(): string[] {
		if (this.#joined.size + this.#left.size + this.#changed.size === 0 && this.count === this.#countTold) return [];
		type Part = { joined: Member[]; left: string[]; changed: PresenceChange[] };
		let part: Part = { joined: [], left: [], changed: [] };
		const parts = [part];
		let bytes = 0;
		const room = (size: number): Part => {
			bytes += size + 1;
			if (bytes > PAGE_BYTES_MAX) {
				part = { joined: [], left: [], changed: [] };
				parts.push(part);
				bytes = size + 1;
			}
			return part;
		};
		for (const id of this.#left) room(id.length + 2).left.push(id);
		for (const id of this.#joined) {
			const text = this.#encode(id);
			room(utf8Bytes(text)).joined.push(JSON.parse(text) as Member);
		}
		for (const [id, fields] of this.#changed) {
			const now = JSON.parse(this.#encode(id)) as Member;
			const change: PresenceChange = { id };
			if (fields.has("name")) change.name = now.name;
			if (fields.has("state")) change.state = now.state;
			room(utf8Bytes(JSON.stringify(change))).changed.push(change);
		}
		return parts.map((each, index) => {
			const message: Presence = { type: "presence", ...each };
			if (index === parts.length - 1) message.count = this.count;
			return JSON.stringify(message);
		});
	}
}
