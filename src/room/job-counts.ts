/**
 * Whose the open jobs are. What events start has a bound of its own, for the room, a member and an address: one who
 * publishes link after link takes no room from the checks and answers that the others wait for.
 */
import { OPERATOR } from "../protocol/ids.ts";
import { JOBS_STARTED_MAX, JOBS_STARTED_PER_ADDRESS_MAX, JOBS_STARTED_PER_MEMBER_MAX } from "../protocol/limits.ts";
import { countsFor, type JobHead } from "./jobs.ts";

/** Whose event starts jobs. */
export interface Starter {
	member: string;
	/** The keyed hash of a guest's network address; null for everyone else. */
	address: string | null;
}

export class JobCounts {
	/** What was asked for or is held, by member. */
	readonly #waited = new Map<string, number>();
	#started = 0;
	readonly #startedBy = new Map<string, number>();
	/**
	 * By address, which is not stored with a job: counted anew after a wake. Guests may then have as many again, within
	 * the room's bound, which is not.
	 */
	readonly #startedFrom = new Map<string, number>();
	/** Where the event of a job came from, while it is open. */
	readonly #addresses = new Map<number, string>();

	/** How many of a member's own jobs and held events are under way. */
	waitedFor(member: string): number {
		return this.#waited.get(member) ?? 0;
	}

	/** O(1). An operator, whom the app trusts, counts for the room alone. */
	isFullOfStarted({ member, address }: Starter): boolean {
		if (this.#started >= JOBS_STARTED_MAX) return true;
		if (member === OPERATOR) return false;
		if ((this.#startedBy.get(member) ?? 0) >= JOBS_STARTED_PER_MEMBER_MAX) return true;
		return address !== null && (this.#startedFrom.get(address) ?? 0) >= JOBS_STARTED_PER_ADDRESS_MAX;
	}

	begin(head: JobHead, address: string | null): void {
		if (countsFor(head)) add(this.#waited, head.member, 1);
		if (head.purpose !== "event") return;
		this.#started++;
		if (head.member !== null) add(this.#startedBy, head.member, 1);
		if (address === null) return;
		add(this.#startedFrom, address, 1);
		this.#addresses.set(head.n, address);
	}

	end(head: JobHead): void {
		if (countsFor(head)) add(this.#waited, head.member, -1);
		if (head.purpose !== "event") return;
		this.#started--;
		if (head.member !== null) add(this.#startedBy, head.member, -1);
		const address = this.#addresses.get(head.n);
		if (address === undefined) return;
		add(this.#startedFrom, address, -1);
		this.#addresses.delete(head.n);
	}

	/** Nothing is owed any more. */
	clear(): void {
		for (const map of [this.#waited, this.#startedBy, this.#startedFrom, this.#addresses]) map.clear();
		this.#started = 0;
	}
}

function add(counts: Map<string, number>, whose: string, more: 1 | -1): void {
	const count = (counts.get(whose) ?? 0) + more;
	if (count > 0) counts.set(whose, count);
	else counts.delete(whose);
}
