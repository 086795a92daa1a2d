/** What a webhook's receiver was sent: everything, in order, but for what it will not take, which is set aside in sight. */
import { RANGE_ASIDE_MAX } from "../../../src/protocol/job-limits.ts";
import { hold } from "../broken.ts";
import type { World } from "../world.ts";

export function compareDeliveries({ receiver, jury }: World): void {
	const { current } = jury.ledger;
	if (receiver === null || current === null) return;
	const aside = new Set<number>();
	for (const { kind, seq } of current.jobs.values()) if (kind === "hook" && seq !== null) aside.add(seq);
	const jobs = new Map<number, string>();
	let through = 0;
	for (const { epoch, job, seqs } of receiver.deliveries) {
		if (epoch !== current.name) continue;
		for (const seq of seqs) {
			// One that was on its way when its events were given up may come after what was sent next.
			const isRetry = jobs.get(seq) === job || aside.has(seq) || seq < current.lostBefore;
			// One that was shut may have taken, late, what was sent once more in halves meanwhile.
			hold(
				isRetry || !jobs.has(seq) || receiver.temper === "shut",
				"G5",
				() => `event ${seq} was delivered by two jobs`,
			);
			hold(
				isRetry || seq > through || receiver.temper === "shut",
				"G5",
				() => `event ${seq} was delivered after ${through}`,
			);
			jobs.set(seq, job);
			if (!aside.has(seq)) through = Math.max(through, seq);
		}
	}
	const last = receiver.isGone ? through : current.head;
	for (let seq = current.lostBefore; seq <= last; seq++) {
		hold(
			jobs.has(seq) || aside.has(seq),
			"G5",
			() => `event ${seq} of ${current.head} was neither delivered nor set aside`,
		);
	}
	holdAsides(aside, (seq) => receiver.temper === "shut" || receiver.refuses(seq));
}

/** Only what it refuses is set aside, and never more than so many in a row. */
function holdAsides(aside: ReadonlySet<number>, refuses: (seq: number) => boolean): void {
	for (const seq of aside) hold(refuses(seq), "G5", () => `event ${seq} was set aside, and nobody refuses it`);
	let row = 0;
	for (let seq = 1; seq <= Math.max(0, ...aside); seq++) {
		row = aside.has(seq) ? row + 1 : 0;
		hold(row <= RANGE_ASIDE_MAX, "G5", () => `${row} events in a row were set aside, up to ${seq}`);
	}
}
