/** What a run of many worlds has reached: faults, states, refusals. What it never reaches proves nothing. */

/** Everything that a long run must have reached. */
export const REACHABLE = {
	fault: [
		"turn threw",
		"turn threw twice",
		"died before the commit",
		"died after the commit",
		"died while sending",
		"delivery threw",
		"idle crash",
		"sleep",
		"sleep with work",
		"cut",
		"cut in its queue",
		"half-open",
		"stalled reader",
		"clock ahead",
		"clock back",
		"clock steps",
		"clock steps while asleep",
		"half-open after a clock step",
		"clock ahead for a minute",
		"held by a clock that was ahead",
		"queue refused",
		"queue hung",
		"message lost",
		"message twice",
		"message late",
		"message overtaken",
		"dead letter",
		"reply lost",
	],
	"consumer died at": ["take", "run", "settle", "end", "ack", "retry"],
	state: ["replaying", "live", "paused", "gone", "replaying over turns", "paused, then reset"],
	continuity: ["fresh", "resumed", "reset epoch", "reset trimmed", "reset ahead", "reset malformed"],
	close: ["4000", "4001", "4002", "4003", "4004", "4500", "4501", "4502", "4503", "4504", "4505"],
	refusal: [
		"malformed",
		"unknown_type",
		"invalid",
		"too_large",
		"rate_limited",
		"overloaded",
		"forbidden",
		"reserved_name",
		"conflict",
		"id_reused",
		"unknown_job",
		"too_many_jobs",
		"state_full",
		"not_found",
		"binary_reserved",
		"rejected",
		"internal",
		"not_configured",
		"banned",
		"room_locked",
		"room_full",
	],
	job: [
		"asked",
		"event",
		"hold",
		"review",
		"range",
		"lapsed",
		"failed",
		"replayed",
		"sent again",
		"gone",
		"owed later",
		"range halved",
		"set aside",
		"receiver gone",
	],
	closing: [
		"in the middle of a turn",
		"expired before its alarm",
		"a reader was refused",
		"a reader was refused for the lock",
		"it was looked afresh",
		"the directory was asked",
		"the directory was true again",
		"a guest was banned after it had left",
		"an address that is everyone's was not banned",
	],
	/** Turns near what one may cost. */
	work: [
		"much is told to single sessions",
		"what has no room in a turn waits",
		"what was wiped goes in pieces",
		"much is told to everyone",
		"an erasure goes in pieces",
		"a session has its share of the inbox",
		"a flood lets others come first",
		"who says little comes before who says much",
		"a member has said all that it may",
		"a member has repeated all that it may",
		"a member has all the jobs that its events may start",
		"rules take all that they may",
	],
	rules: [
		"a move was allowed",
		"a move was refused",
		"a rule failed",
		"a rule asked for a job",
		"a held event was decided on",
		"a deadline came",
		"what a deadline did was undone",
		"a coming was told",
		"a going was told",
		"a page foresaw a move",
		"what a page foresaw was undone",
	],
	room: [
		"trimmed",
		"wiped",
		"forgotten",
		"redacted",
		"erased",
		"kept for a range",
		"range trimmed",
		"an operator followed",
	],
} as const;

export type Kind = keyof typeof REACHABLE;

export class Coverage {
	readonly counts = new Map<string, number>();

	reach<K extends Kind>(kind: K, what: (typeof REACHABLE)[K][number]): void {
		this.count(kind, what);
	}

	/** Like {@link reach}, for what is not known to the table. */
	count(kind: string, what: string, times = 1): void {
		const key = `${kind}: ${what}`;
		this.counts.set(key, (this.counts.get(key) ?? 0) + times);
	}

	add(counts: Iterable<[string, number]>): void {
		for (const [key, times] of counts) this.counts.set(key, (this.counts.get(key) ?? 0) + times);
	}

	/** What was never reached. */
	get missing(): string[] {
		return Object.entries(REACHABLE).flatMap(([kind, names]) =>
			names.map((name) => `${kind}: ${name}`).filter((key) => !this.counts.has(key)),
		);
	}
}
