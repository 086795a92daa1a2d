/** The numbers of settled jobs whose outcome the member whom they concern has not received yet. */
import { OUTCOMES_OWED_PER_MEMBER_MAX } from "../protocol/job-limits.ts";

export class Owed {
	readonly #byMember = new Map<string, Set<number>>();

	get isEmpty(): boolean {
		return this.#byMember.size === 0;
	}

	/** One who never comes back for them is owed the latest only: gives the one that is too many, or null. */
	add(member: string, n: number): number | null {
		const owed = this.#byMember.get(member) ?? new Set();
		this.#byMember.set(member, owed.add(n));
		const [oldest = null] = owed;
		return owed.size > OUTCOMES_OWED_PER_MEMBER_MAX ? oldest : null;
	}

	/** Says whether it was owed until now. */
	take(member: string, n: number): boolean {
		const owed = this.#byMember.get(member);
		if (owed?.delete(n) !== true) return false;
		if (owed.size === 0) this.#byMember.delete(member);
		return true;
	}

	/** Those after `after`, ascending. */
	after(member: string, after: number): number[] {
		return [...(this.#byMember.get(member) ?? [])].filter((n) => n > after).sort((a, b) => a - b);
	}

	/** Nothing is owed to a member any more. */
	drop(member: string): void {
		this.#byMember.delete(member);
	}

	clear(): void {
		this.#byMember.clear();
	}
}
