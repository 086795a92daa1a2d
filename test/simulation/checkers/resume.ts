/** G4: a cursor is resumed exactly where docs/protocol.md says so, and anything else is told why not. */

import { OPERATOR } from "../../../src/protocol/ids.ts";
import type { Welcome } from "../../../src/protocol/messages.ts";
import { hold } from "../broken.ts";
import type { Coverage } from "../coverage.ts";
import type { Ledger } from "../ledger.ts";
import type { Sitting } from "./sitting.ts";

/** How many events a reset brings to one who did not say. */
const HISTORY_DEFAULT = 50;

export class Resume {
	readonly #ledger: Ledger;
	readonly #coverage: Coverage;

	constructor(ledger: Ledger, coverage: Coverage) {
		this.#ledger = ledger;
		this.#coverage = coverage;
	}

	welcome(sitting: Sitting, welcome: Welcome): void {
		const { current } = this.#ledger;
		const { session } = sitting;
		hold(current !== null, "G1", () => `${session} was welcomed to an epoch that is not stored`);
		const { name: epoch, head, floor } = current;
		hold(
			welcome.epoch === epoch && welcome.head === head && welcome.floor === floor,
			"G4",
			() =>
				`${session} was welcomed to ${welcome.epoch}, ${welcome.floor} to ${welcome.head}, not ${epoch}, ${floor} to ${head}`,
		);
		const isFirst = sitting.welcomes === 0;
		hold(
			isFirst || sitting.phase === "replaying",
			"G2",
			() => `${session} was welcomed a second time while ${sitting.phase}`,
		);
		const since = isFirst ? sitting.wire.since : `${sitting.epoch}.${sitting.next - 1}`;
		const expected = continuity(since, epoch, head, floor);
		const told = welcome.continuity + (welcome.reason === undefined ? "" : ` ${welcome.reason}`);
		hold(
			told === expected,
			"G4",
			() => `${session} came with ${since} to ${epoch}, ${floor} to ${head}, and was told ${told}, not ${expected}`,
		);
		hold(isFirst || expected === "reset trimmed", "G4", () => `${session} was welcomed again without need`);
		this.#coverage.count("continuity", told);
		if (sitting.member === OPERATOR) this.#coverage.reach("room", "an operator followed");
		if (!isFirst) this.#coverage.reach("state", "paused, then reset");
		const history = isFirst ? sitting.wire.history : HISTORY_DEFAULT;
		const cursor = expected === "resumed" ? Number(since?.split(".")[1]) : Math.max(floor - 1, head - history);
		sitting.welcomes++;
		sitting.epoch = epoch;
		sitting.next = cursor + 1;
		sitting.phase = "replaying";
	}
}

/** The rule, written a second time from docs/protocol.md and. */
export function continuity(since: string | null, epoch: string, head: number, floor: number): string {
	if (since === null) return "fresh";
	const parts = since.split(".");
	const seq = Number(parts[1]);
	const isMalformed = parts.length > 3 || (parts.length === 3 && !/^(0|[1-9][0-9]*)$/.test(parts[2] ?? ""));
	if (isMalformed || parts[0] === "" || !/^(0|[1-9][0-9]*)$/.test(parts[1] ?? "") || !Number.isSafeInteger(seq))
		return "reset malformed";
	if (parts[0] !== epoch) return "reset epoch";
	if (seq > head) return "reset ahead";
	return seq >= floor - 1 ? "resumed" : "reset trimmed";
}
