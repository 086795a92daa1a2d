/** G9: who is here is told as it is, and nobody leaves who is back within the grace. */
import { CLOSE } from "../../../src/protocol/codes.ts";
import { OPERATOR } from "../../../src/protocol/ids.ts";
import { GRACE_MS, ROSTER_SAMPLE_MEMBERS_MAX, SEEN_REFRESH_MS, SILENCE_MS_MAX } from "../../../src/protocol/limits.ts";
import type { Member, Presence, Welcome } from "../../../src/protocol/messages.ts";
import type { Input } from "../../../src/room/inputs.ts";
import type { Attachment } from "../../../src/room/session.ts";
import { hold } from "../broken.ts";
import type { Clock } from "../clock.ts";
import type { Commit } from "../disk.ts";
import type { Ledger } from "../ledger.ts";
import type { Sitting } from "./sitting.ts";

export class PresenceCheck {
	readonly #ledger: Ledger;
	readonly #sittings: () => Iterable<Sitting>;
	/** When each member's last session was gone, by the room's clock. */
	readonly #goneAt = new Map<string, number>();
	/** When a crash that took every socket gave all the whole grace again. */
	#allGraceSince = Number.NEGATIVE_INFINITY;
	/** Those that the turn's commit dropped. */
	#dropped: { member: string; now: number }[] = [];

	constructor(ledger: Ledger, sittings: () => Iterable<Sitting>) {
		this.#ledger = ledger;
		this.#sittings = sittings;
	}

	committed(commit: Commit): void {
		// One who is let in and closed in the same turn is gone with its commit: the machine may die before the close.
		const joined = new Set(commit.heeded.flatMap((input) => (input.type === "join" ? [input.member] : [])));
		for (const { member, goneSince } of commit.rosterSaved)
			if (goneSince !== null && joined.has(member)) this.left(member, goneSince);
		this.#dropped = commit.isWiped ? [] : commit.rosterDropped.map((member) => ({ member, now: commit.now }));
	}

	/** The room closes a session. One that was silent left when it was last heard; one never let in has no presence to lose. */
	closing(sitting: Sitting, code: number, now: number, hasJumped: boolean): void {
		if (!sitting.isSeated) return;
		if (code !== CLOSE.heartbeatLost) return this.left(sitting.member, now);
		const { silentMs } = sitting.wire;
		hold(
			silentMs >= SILENCE_MS_MAX || hasJumped,
			"G9",
			() => `${sitting.session} was closed as silent, and was heard ${silentMs} ms ago`,
		);
		this.left(sitting.member, Math.min(sitting.seenAt, sitting.wire.heardAt));
	}

	/** Nobody was told of the turn that was under way. */
	crashed(): void {
		this.#dropped = [];
	}

	/** A session is gone for the room, which may know it since earlier. */
	left(member: string, at: number): void {
		this.#goneAt.set(member, Math.max(at, this.#goneAt.get(member) ?? 0));
	}

	/** The room's clock was set back: nobody left later than it says. */
	setBack(now: number): void {
		for (const [member, at] of this.#goneAt) this.#goneAt.set(member, Math.min(at, now));
		this.#allGraceSince = Math.min(this.#allGraceSince, now);
	}

	/** Everyone whose session a crash took is in grace from the wake on. */
	woken(attachments: readonly Attachment[], now: number): void {
		const here = new Set(attachments.map(({ member }) => member));
		// That another window of one who is here was closed is known to memory alone. A room sleeps after ten idle
		// seconds, which are the grace.
		for (const member of here) this.#goneAt.delete(member);
		const rows = [...this.#ledger.roster.values()];
		here.delete(OPERATOR);
		if (here.size === 0 && rows.some(({ goneSince }) => goneSince === null)) this.#allGraceSince = now;
		for (const { member, goneSince } of rows) {
			if (!here.has(member) && goneSince === null) this.#goneAt.set(member, now);
		}
	}

	turned(inputs: readonly Input[]): void {
		const dropped = this.#dropped;
		this.#dropped = [];
		if (dropped.length > 0) this.#justify(dropped, inputs);
		const version = this.#ledger.rosterVersion;
		for (const sitting of this.#sittings()) {
			if (sitting.phase !== "live" || sitting.rosterVersion === version) continue;
			sitting.rosterVersion = version;
			this.compare(sitting.roster, sitting.session);
		}
	}

	/** The member is here again: its earlier leaves count no more. */
	entered(member: string): void {
		this.#goneAt.delete(member);
	}

	#justify(dropped: readonly { member: string; now: number }[], inputs: readonly Input[]): void {
		const isForced = (member: string): boolean =>
			inputs.some(
				(input) =>
					(input.type === "moderate" && "member" in input.action && input.action.member === member) ||
					(input.type === "frame" &&
						input.messages.some(
							(each) => "message" in each && each.message.type === "moderate" && each.message.member === member,
						)),
			);
		for (const { member, now } of dropped) {
			if (isForced(member)) continue;
			for (const { member: other, phase, session } of this.#sittings()) {
				hold(
					other !== member || phase === "gone" || phase === "joining",
					"G9",
					() => `${member} was said to have left, and its session ${session} is ${phase}`,
				);
			}
			const goneAt = this.#goneAt.get(member);
			hold(
				goneAt !== undefined && now - goneAt >= GRACE_MS,
				"G9",
				() =>
					`${member} was said to have left ${goneAt === undefined ? "without leaving" : `after ${now - goneAt} ms`}`,
			);
		}
	}

	welcome(sitting: Sitting, { members, count }: Welcome): void {
		sitting.roster.clear();
		for (const { id, name, state } of members) sitting.roster.set(id, showRow(name, JSON.stringify(state)));
		hold(
			count === this.#ledger.roster.size,
			"G9",
			() => `${sitting.session} was told of ${count} members where ${this.#ledger.roster.size} are here`,
		);
		this.compare(sitting.roster, sitting.session);
	}

	presence(sitting: Sitting, { joined, left, changed, full, count }: Presence): void {
		const { roster, session } = sitting;
		if (full === true) roster.clear();
		for (const { id, name, state } of joined) {
			hold(!roster.has(id), "G9", () => `${session} was told that ${id} joined, who was here`);
			roster.set(id, showRow(name, JSON.stringify(state)));
		}
		for (const id of left) hold(roster.delete(id), "G9", () => `${session} was told that ${id} left, who was not here`);
		for (const change of changed) {
			const row = roster.get(change.id);
			hold(row !== undefined, "G9", () => `${session} was told of ${change.id}, who is not here`);
			const [name, state] = JSON.parse(row) as [string, string];
			roster.set(change.id, showRow(change.name ?? name, "state" in change ? JSON.stringify(change.state) : state));
		}
		hold(
			count === this.#ledger.roster.size,
			"G9",
			() => `${session} was told of ${count} members where ${this.#ledger.roster.size} are here`,
		);
	}

	/** Who is said to be here by a route of the room's own, which has looked afresh: each has been heard, or is in grace. */
	read(members: readonly Member[], { roomNow, now, jumpedAt }: Clock): void {
		for (const { id } of members) {
			const row = this.#ledger.roster.get(id);
			hold(row !== undefined, "G9", () => `${id} is said to be here, and is not`);
			if (row.goneSince !== null) {
				const ms = roomNow - Math.max(row.goneSince, this.#allGraceSince);
				hold(ms < GRACE_MS, "G9", () => `${id} is said to be here, and is gone for ${ms} ms`);
			}
			const theirs = [...this.#sittings()].filter(({ member, phase }) => member === id && phase !== "gone");
			// A clock that was set back meanwhile: what was heard before counts as heard then.
			const silentMs = Math.min(now - jumpedAt, ...theirs.map(({ wire }) => wire.silentMs));
			const isHeard = theirs.length === 0 || silentMs < SILENCE_MS_MAX + SEEN_REFRESH_MS;
			hold(isHeard, "G9", () => `${id} is said to be here, and was heard ${silentMs} ms ago`);
		}
	}

	/** A roster as someone was told it is the one that is stored. */
	compare(roster: ReadonlyMap<string, string>, who: string): void {
		const stored = this.#ledger.roster;
		if (stored.size > ROSTER_SAMPLE_MEMBERS_MAX) return;
		const show = (): string =>
			`${JSON.stringify([...roster])} where ${JSON.stringify([...stored.values()].map(({ member, name, state }) => [member, name, state]))} is`;
		hold(roster.size === stored.size, "G9", () => `${who} sees ${show()}`);
		for (const { member, name, state } of stored.values()) {
			hold(roster.get(member) === showRow(name, state), "G9", () => `${who} sees ${show()}`);
		}
	}
}

export function showRow(name: string, state: string): string {
	return JSON.stringify([name, state]);
}
