/** G10: one who is banned, muted, locked out or without a capability stays so, whatever sleeps, crashes or is retried. */
import { SHARED_ADDRESS } from "../../../src/protocol/ids.ts";
import { DEPARTED_MS } from "../../../src/protocol/limits.ts";
import type { Capability, ServerMessage } from "../../../src/protocol/messages.ts";
import { jobNumber } from "../../../src/room/jobs.ts";
import type { SanctionRow } from "../../../src/room/store.ts";
import { hold } from "../broken.ts";
import type { Coverage } from "../coverage.ts";
import type { Commit } from "../disk.ts";
import type { Ledger } from "../ledger.ts";
import type { Character } from "../person.ts";
import type { Sitting } from "./sitting.ts";

/** Published when their check has cleared them: what holds then does not count. */
const HELD: ReadonlySet<string> = new Set(["held", "lenient", "bet"]);
const OPERATOR = "room:operator";
const MODERATOR = "ada";

type Reader = Pick<Character, "member" | "can" | "address">;
type Banned = Pick<Sitting, "member"> & { wire: Pick<Sitting["wire"], "address"> };

export class Access {
	readonly #ledger: Ledger;
	readonly #sanctions = new Map<string, SanctionRow>();
	/** What was asked for by those who may not, by member and id. */
	readonly #forbidden = new Map<string, Capability>();
	/** The bans that the turn's commit imposed. */
	#imposed: SanctionRow[] = [];
	/** Those who were here when the latest turn began, where the room was locked then and nobody moderated in it. */
	#insiders: ReadonlySet<string> | null = null;
	#now = 0;
	/** Where guests came from, and when they were gone; null while they are here. */
	readonly #origins = new Map<string, { address: string; goneAt: number | null }>();

	readonly #coverage: Coverage;

	constructor(ledger: Ledger, coverage: Coverage) {
		this.#ledger = ledger;
		this.#coverage = coverage;
	}

	/** Someone without the capability asks for it all the same. */
	forbidden(member: string, id: string, capability: Capability): void {
		this.#forbidden.set(`${member} ${id}`, capability);
	}

	/** Before the ledger knows of the commit. */
	committing(commit: Commit): void {
		const { meta, roster } = this.#ledger;
		const isModerated = commit.heeded.some(
			(input) =>
				input.type === "moderate" ||
				input.type === "wipe" ||
				(input.type === "frame" &&
					input.messages.some((each) => "message" in each && each.message.type === "moderate")),
		);
		this.#insiders = meta?.isLocked === true && !isModerated ? new Set(roster.keys()) : null;
		const muted = isModerated ? [] : [...this.#sanctions.values()].filter(({ kind }) => kind === "mute");
		for (const row of commit.sanctions) this.#sanctions.set(keyOf(row), row);
		for (const row of commit.sanctionsDropped) this.#sanctions.delete(keyOf(row));
		this.#imposed = commit.sanctions.filter((row) => row.kind === "ban" && this.#sanctions.get(keyOf(row)) === row);
		this.#now = commit.now;
		this.#bannedByAddress(commit);
		const isMuted = (member: string | null): boolean =>
			muted.some((row) => row.member === member && this.#sanctions.has(keyOf(row)));
		for (const { from, id, body } of commit.appended) {
			if (id === null) continue;
			const { name } = JSON.parse(body) as { name: string };
			this.#isAllowed(from, id, "publish");
			hold(HELD.has(name) || !isMuted(from), "G10", () => `${from} is muted, and published ${body}`);
			hold(name !== "price" || from === OPERATOR, "G10", () => `${from} published ${body}, which only a backend may`);
			const mayNotice = from === OPERATOR || from === MODERATOR;
			hold(name !== "notice" || mayNotice, "G10", () => `${from} published ${body}, which only a moderator may`);
		}
		this.#announced(commit, isMuted);
		for (const { member, ask, purpose, n } of commit.jobsAdded) {
			if (purpose === "event" || purpose === "review" || purpose === "rule" || ask === null) continue;
			this.#isAllowed(member ?? "", ask, purpose === "hold" ? "publish" : "job");
			hold(!isMuted(member), "G10", () => `${member} is muted, and was owed the job ${n}`);
		}
	}

	/** What comes of a job is told to the room for one who may speak to it. */
	#announced({ appended }: Commit, isMuted: (member: string | null) => boolean): void {
		const { current } = this.#ledger;
		for (const { body } of appended) {
			const { name, data } = JSON.parse(body) as { name: string; data: { job: string } | null };
			if (name !== "room.job" || data === null || current === null) continue;
			const member = current.jobs.get(jobNumber(current.name, data.job) ?? 0)?.member ?? null;
			hold(!isMuted(member), "G10", () => `${member} is muted, and the room was told ${body}`);
		}
	}

	/** A guest's ban is one of its address too, also where the guest has just left. */
	#bannedByAddress({ now, rosterSaved, rosterDropped, leftAt, isWiped, inputs }: Commit): void {
		if (isWiped) this.#origins.clear();
		for (const origin of this.#origins.values())
			if (origin.goneAt !== null) origin.goneAt = Math.min(origin.goneAt, now);
		for (const { subject, member } of inputs.length === 1 ? this.#imposed : []) {
			const origin = subject === member ? this.#origins.get(member) : undefined;
			if (origin === undefined || (origin.goneAt !== null && origin.goneAt + DEPARTED_MS <= now)) continue;
			const isBanned = this.#sanctions.has(keyOf({ kind: "ban", subject: `@${origin.address}`, member }));
			if (origin.address.startsWith(SHARED_ADDRESS)) {
				hold(!isBanned, "G10", () => `${member} was banned, and ${origin.address} with it, where everyone comes from`);
				this.#coverage.reach("closing", "an address that is everyone's was not banned");
				continue;
			}
			hold(isBanned, "G10", () => `${member} was banned, and ${origin.address} was not`);
			if (origin.goneAt !== null) this.#coverage.reach("closing", "a guest was banned after it had left");
		}
		for (const { member, address, goneSince } of rosterSaved)
			if (address !== null) this.#origins.set(member, { address, goneAt: goneSince });
		for (const member of rosterDropped) {
			const origin = this.#origins.get(member);
			if (origin === undefined) continue;
			// Of one who left so long ago, by a clock that has jumped, that it is forgotten at once, no row stays.
			const isKept = leftAt.has(member) || origin.address.startsWith(SHARED_ADDRESS);
			origin.goneAt ??= isKept ? (leftAt.get(member) ?? now) : Number.NEGATIVE_INFINITY;
		}
	}

	#isAllowed(member: string, id: string, capability: Capability): void {
		hold(
			this.#forbidden.get(`${member} ${id}`) !== capability,
			"G10",
			() => `${member} may not ${capability}, and what it asked for as ${id} was done`,
		);
	}

	/** One reads over HTTP whom the door has let pass: it may join, too. `roster`: who is here. */
	read({ member, can, address }: Reader, now: number, roster: ReadonlyMap<string, unknown>): void {
		hold(!this.#isBanned({ member, wire: { address } }, now), "G10", () => `${member} is banned, and reads`);
		const isInside = this.#ledger.meta?.isLocked !== true || roster.has(member) || can.includes("moderate");
		hold(isInside, "G10", () => `${member} reads of a room that is locked, and is not in it`);
	}

	/** One whose token has expired hears nothing, whatever the turn came for; refusals of what it still says apart. */
	sent({ session, wire: { expiresAt } }: Sitting, messages: readonly ServerMessage[], now: number): void {
		if (expiresAt === null || expiresAt > now) return;
		for (const message of messages) {
			const isRefusal = message.type === "error";
			hold(isRefusal, "G10", () => `the token of ${session} has expired, and it was told ${JSON.stringify(message)}`);
		}
	}

	#isBanned({ member, wire: { address } }: Banned, now: number): boolean {
		for (const { kind, subject, until } of this.#sanctions.values()) {
			if (kind !== "ban" || (until !== null && until <= now)) continue;
			if (subject === member || (address !== null && subject === `@${address}`)) return true;
		}
		return false;
	}

	/** One is let in by the turn that was committed last. */
	welcome(sitting: Sitting): void {
		if (sitting.welcomes > 0) return;
		const { member, session, wire } = sitting;
		hold(!this.#isBanned(sitting, this.#now), "G10", () => `${session} of ${member} is banned, and was welcomed`);
		const isInside = this.#insiders === null || this.#insiders.has(member) || wire.can.includes("moderate");
		hold(isInside, "G10", () => `${session} of ${member} was welcomed to a room that is locked`);
	}

	turned(sittings: Iterable<Sitting>, now: number): void {
		if (this.#imposed.length === 0) return;
		const imposed = this.#imposed;
		this.#imposed = [];
		for (const { member, phase, session } of sittings) {
			if (phase === "gone" || phase === "joining") continue;
			const ban = imposed.find((row) => row.subject === member && (row.until === null || row.until > now));
			hold(ban === undefined, "G10", () => `${session} of ${member} was banned, and is ${phase}`);
		}
	}

	/** Nobody was sent away by a turn that the machine did not survive. */
	crashed(): void {
		this.#imposed = [];
	}

	/** The room deleted itself, which it does only where nobody is banned. */
	forgotten(): void {
		this.#sanctions.clear();
		this.#origins.clear();
	}
}

function keyOf({ kind, subject, member }: Pick<SanctionRow, "kind" | "subject" | "member">): string {
	return `${kind} ${subject} ${member}`;
}
