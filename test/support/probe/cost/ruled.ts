/** Events whose rules do as much as one decision may. */
import type { Decide } from "../../../../src/protocol/decision.ts";
import {
	DEADLINE_MS_MIN,
	DEADLINES_MAX,
	DECISION_PUBLISHES_MAX,
	DECISION_READS_MAX,
	DECISION_SETS_MAX,
	DECISION_WRITE_BYTES_MAX,
} from "../../../../src/protocol/rules-limits.ts";

/** A value of so many bytes that a hundred of them, and the events beside them, are as much as one decision writes. */
const VALUE = "v".repeat(DECISION_WRITE_BYTES_MAX / DECISION_SETS_MAX - 400);

export const keyOf = (n: number): string => `ruled/${n}`;

/** Looks at as much as it may, and says no. */
const ponder: Decide = (_, room) => {
	for (let n = 0; n < DECISION_READS_MAX; n++) room.get(keyOf(n));
	room.refuse("no", "It is not allowed.");
};

/** Changes as much as it may, and says so. */
const stir: Decide = ({ seq }, room) => {
	for (let n = 0; n < DECISION_SETS_MAX; n++) room.set(keyOf(n), `${seq} ${VALUE}`);
	for (let n = 0; n < DECISION_PUBLISHES_MAX; n++) room.publish("note", n);
};

/** Sets off a deadline that comes again and again. */
const arm: Decide = ({ data }, room) => room.later(`bell${data}`, DEADLINE_MS_MIN, data);

export const RULED = {
	ponder: { from: "members", decide: ponder },
	stir: { from: "members", decide: stir },
	arm: { from: "members", decide: arm },
	...Object.fromEntries(
		Array.from({ length: DEADLINES_MAX }, (_, n) => [`bell${n}`, { from: "backend", decide: arm } as const]),
	),
} as const;
