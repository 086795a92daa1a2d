/**
 * Whose the open jobs are. What events start has a bound of its own, for the room, a member and an address, and so has
 * what is reviewed: one who publishes link after link takes no room from the checks and answers that the others wait for.
 */
import { OPERATOR } from "../protocol/ids.ts";
import {
	JOBS_REVIEWED_MAX,
	JOBS_STARTED_MAX,
	JOBS_STARTED_PER_ADDRESS_MAX,
	JOBS_STARTED_PER_MEMBER_MAX,
} from "../protocol/job-limits.ts";
import { GUESTS_PER_ADDRESS_WORTH } from "../protocol/limits.ts";
import type { JobHead } from "./jobs.ts";

/** Whose event starts jobs, or who asks. */
export interface Starter {
	member: string;
	/** The keyed hash of a guest's network address; null for everyone else. */
	address: string | null;
}

/** Jobs of one sort. */
class Tally {
	all = 0;
	readonly by = new Map<string, number>();
	/**
	 * By address, which is not stored with a job: counted anew after a wake. Guests may then have as many again, within
	 * the room's bound, which is not.
	 */
	readonly from = new Map<string, number>();

	count(member: string | null, address: string | null, more: 1 | -1): void {
		this.all += more;
		if (member !== null) add(this.by, member, more);
		if (address !== null) add(this.from, address, more);
	}

	/** True where one has as many as one may. An operator, whom the app trusts, counts for the room alone. */
	isFullOf({ member, address }: Starter, perMember: number, perAddress: number): boolean {
		if (member === OPERATOR) return false;
		if ((this.by.get(member) ?? 0) >= perMember) return true;
		return address !== null && (this.from.get(address) ?? 0) >= perAddress;
	}

	clear(): void {
		this.all = 0;
		this.by.clear();
		this.from.clear();
	}
}

export class JobCounts {
	/** What was asked for or is held. */
	readonly #waited = new Tally();
	readonly #started = new Tally();
	readonly #reviewed = new Tally();
	/** Where an open job came from. */
	readonly #addresses = new Map<number, string>();

	/** O(1), as the others. Guests of one address have so many members' worth, whoever they say they are. */
	isFullOfWaited(by: Starter, perMember: number): boolean {
		return this.#waited.isFullOf(by, perMember, perMember * GUESTS_PER_ADDRESS_WORTH);
	}

	isFullOfStarted(by: Starter): boolean {
		if (this.#started.all >= JOBS_STARTED_MAX) return true;
		return this.#started.isFullOf(by, JOBS_STARTED_PER_MEMBER_MAX, JOBS_STARTED_PER_ADDRESS_MAX);
	}

	isFullOfReviewed(by: Starter): boolean {
		if (this.#started.all + this.#reviewed.all >= JOBS_REVIEWED_MAX) return true;
		return this.#reviewed.isFullOf(by, JOBS_STARTED_PER_MEMBER_MAX, JOBS_STARTED_PER_ADDRESS_MAX);
	}

	#tallyOf({ purpose }: JobHead): Tally {
		if (purpose === "event" || purpose === "rule") return this.#started;
		return purpose === "review" ? this.#reviewed : this.#waited;
	}

	begin(head: JobHead, address: string | null): void {
		this.#tallyOf(head).count(head.member, address, 1);
		if (address !== null) this.#addresses.set(head.n, address);
	}

	end(head: JobHead): void {
		this.#tallyOf(head).count(head.member, this.#addresses.get(head.n) ?? null, -1);
		this.#addresses.delete(head.n);
	}

	/** Nothing is owed any more. */
	clear(): void {
		for (const each of [this.#waited, this.#started, this.#reviewed, this.#addresses]) each.clear();
	}
}

function add(counts: Map<string, number>, whose: string, more: 1 | -1): void {
	const count = (counts.get(whose) ?? 0) + more;
	if (count > 0) counts.set(whose, count);
	else counts.delete(whose);
}
