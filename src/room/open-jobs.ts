/** The jobs that are not settled: when something is to be done for each, and which are to be handed over. */
import { JOBS_DUE_MAX, JOBS_SENT_MAX } from "../protocol/job-limits.ts";
import { Agenda } from "./agenda.ts";
import { earlier } from "./deadlines.ts";
import { type JobHead, setBackJob } from "./jobs.ts";
import { Sendings } from "./sendings.ts";

export class OpenJobs {
	readonly #heads = new Map<number, JobHead>();
	readonly #sendings = new Sendings<number>();
	readonly #agenda = new Agenda<number>();

	get size(): number {
		return this.#heads.size;
	}

	/** True where something is to be handed over. */
	get hasDue(): boolean {
		return this.#sendings.hasDue;
	}

	get(n: number): JobHead | undefined {
		return this.#heads.get(n);
	}

	values(): Iterable<JobHead> {
		return this.#heads.values();
	}

	add(head: JobHead): void {
		this.#heads.set(head.n, head);
		this.#plan(head);
	}

	delete(n: number): void {
		this.#heads.delete(n);
		this.#agenda.drop(n);
		this.#sendings.drop(n);
	}

	clear(): void {
		for (const each of [this.#heads, this.#agenda, this.#sendings]) each.clear();
	}

	/** To be handed over in this turn, or in one of the next where there are many. */
	send(n: number): void {
		this.#sendings.add(n);
	}

	/** Likewise, unless it is being handed over already. */
	sendIdle(n: number, now: number): void {
		this.#sendings.addIdle(n, now);
	}

	/** The platform has it: something is to be done again at its `dueAt`. */
	taken(head: JobHead): void {
		this.#sendings.taken(head.n);
		this.#plan(head);
	}

	/** The platform could not take it: it is tried again a little later. */
	refused(head: JobHead, now: number): void {
		this.#sendings.refused(head.n, now);
		this.#plan(head);
	}

	/** A part of those for which something is to be done by now; they stay due until it is done. */
	due(now: number): JobHead[] {
		return this.#headsOf(this.#agenda.due(now, JOBS_DUE_MAX));
	}

	/** A part of those that are to be handed over, noted as on their way. */
	take(now: number): JobHead[] {
		const taken = this.#headsOf(this.#sendings.take(now, (n) => this.#heads.has(n), JOBS_SENT_MAX));
		for (const head of taken) this.#plan(head);
		return taken;
	}

	/** The clock stands at `now`, and may have stood later. Gives those that it changes. `leaseMs`: a kind's. */
	setBack(now: number, leaseMs: (kind: string) => number): JobHead[] {
		this.#sendings.setBack(now);
		const changed: JobHead[] = [];
		for (const head of this.#heads.values()) {
			const changes = setBackJob(head, now, leaseMs(head.kind));
			if (changes !== null) changed.push(Object.assign(head, changes));
			this.#plan(head);
		}
		return changed;
	}

	/** When something is next to be done, Unix ms; null where nothing is. */
	get deadline(): number | null {
		return this.#agenda.first;
	}

	#headsOf(numbers: readonly number[]): JobHead[] {
		return numbers.flatMap((n) => this.#heads.get(n) ?? []);
	}

	#plan({ n, deadlineAt, dueAt }: JobHead): void {
		const at = earlier(deadlineAt, this.#sendings.until(n) ?? dueAt);
		if (at !== null) this.#agenda.set(n, at);
	}
}
