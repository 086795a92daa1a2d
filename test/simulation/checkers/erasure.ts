/** What a member said before it was erased is kept nowhere, nor what jobs and rules made of it, nor its name. */
import type { Event } from "../../../src/protocol/messages.ts";
import type { Input } from "../../../src/room/inputs.ts";
import { jobNumber } from "../../../src/room/jobs.ts";
import { hold } from "../broken.ts";
import type { Commit } from "../disk.ts";
import type { Ledger } from "../ledger.ts";

/** What may publish for a member. */
const SPEAKING: ReadonlySet<Input["type"]> = new Set(["frame", "post", "settle", "alarm"]);

export class Erasure {
	readonly #ledger: Ledger;
	/** By member, up to which event its erasure goes, and up to which job. */
	readonly #underWay = new Map<string, { event: number; job: number }>();
	/** How many jobs the epoch had before the commit. */
	#jobs = 0;

	constructor(ledger: Ledger) {
		this.#ledger = ledger;
	}

	committed({ heeded: inputs, appended, erased, jobsKept, now, isWiped }: Commit): void {
		if (isWiped) this.#underWay.clear();
		const head = this.#ledger.current?.head ?? 0;
		const before = isWiped ? 0 : this.#jobs;
		this.#jobs = this.#ledger.meta?.jobs ?? 0;
		for (const [index, input] of inputs.entries()) {
			if (input.type !== "moderate" || input.action.action !== "erase") continue;
			// What it says later in the turn is another matter.
			const speaksOn = inputs.slice(index + 1).some(({ type }) => SPEAKING.has(type));
			const through = speaksOn ? { event: head - appended.length, job: before } : { event: head, job: this.#jobs };
			this.#underWay.set(input.action.member, through);
			this.#holdUnnamed(input.action.member, inputs.slice(index + 1));
		}
		for (const member of erased) {
			const through = this.#underWay.get(member) ?? { event: 0, job: 0 };
			this.#holdErased(member, through.event, now);
			for (const row of jobsKept) {
				const isTheirs = row.member === member && row.n <= through.job;
				hold(!isTheirs, "erasure", () => `${member} was erased, and its job ${row.n} is kept: ${JSON.stringify(row)}`);
			}
			this.#underWay.delete(member);
		}
	}

	/** Who is here and erased has no name and shows nothing, but for what it has said of itself since. */
	#holdUnnamed(member: string, since: readonly Input[]): void {
		const row = this.#ledger.roster.get(member);
		if (row === undefined || since.some(({ type }) => type === "join" || type === "frame")) return;
		const isUnnamed = row.name === member && row.state === "null";
		hold(isUnnamed, "erasure", () => `${member} was erased, and is shown as ${row.name} with ${row.state}`);
	}

	/** All events up to `through`. */
	#holdErased(member: string, through: number, now: number): void {
		const { current, meta } = this.#ledger;
		if (current === null || meta === null) return;
		const theirs = new Set<number>();
		for (const { seq, body } of current.events.slice(meta.kept - 1, through)) {
			const { from, name, data, redacted, of } = JSON.parse(body) as Event;
			const outcome = name === "room.job" ? (data as { job: string; of: number | null } | null) : null;
			if (from === member) theirs.add(seq);
			const job = current.jobs.get(jobNumber(current.name, outcome?.job ?? "") ?? 0);
			// A job is known for a while after it has settled.
			const isAskers = job?.member === member && job.dueAt > now;
			if (from !== member && !theirs.has(outcome?.of ?? of ?? 0) && !isAskers) continue;
			hold(redacted === true, "erasure", () => `${member} was erased, and ${body} is kept`);
		}
	}
}
