/** Mutants of the room's body: its turn and alarm, sockets, backlog, inbox and turn clock (G1, G2, G5, G6, G8, liveness). */
import type { Mutant } from "./mutant.ts";

export const DURABLE: readonly Mutant[] = [
	{
		name: "one hears events before its welcome",
		file: "durable/seats.ts",
		find: "for (const session of this.#welcomed) {",
		put: "for (const session of this.#bySession.keys()) {",
		expects: ["G2"],
	},
	{
		name: "a paused session is caught up while its socket is full",
		file: "durable/backlog.ts",
		find: "if (bytes >= BUFFER_RESUME_BYTES || this.#isCrowded) return false;",
		put: "",
		expects: ["G6"],
	},
	{
		name: "a turn that has more to do waits for something to arrive",
		file: "durable/turn-clock.ts",
		find: "} else if (arrived > 0 || this.#hasMore) {",
		put: "} else if (arrived > 0) {",
		expects: ["G2", "liveness"],
	},
	{
		name: "what one turn does not take is lost",
		file: "durable/inbox.ts",
		find: "this.#waiting = this.#waiting.filter((waiting) => !chosen.has(waiting));",
		put: "this.#waiting = this.#waiting.filter((waiting) => chosen.has(waiting) && waiting.bytes < 0);",
		// What is lost waits while others have their turn.
		expects: ["G6", "G8", "liveness"],
	},
	{
		name: "an outcome is taken as stored before its turn",
		file: "durable/room-body.ts",
		find: "this.#askText(weigh(text, null), answer, (reply) => {",
		put: 'answer({ outcome: "done" });\n\t\tthis.#askText(weigh(text, null), () => {}, (reply) => {',
		expects: ["G5"],
	},
	{
		name: "what failed together is not tried one by one",
		file: "durable/turns.ts",
		find: "this.#turnOneByOne(inputs.flatMap(splitInput), now);",
		put: "this.#turnOneByOne([], now);",
		expects: ["G8", "G9", "liveness"],
	},
	{
		name: "after a turn that threw the memory of it stays",
		file: "durable/turns.ts",
		find: "\t\tthis.#room = this.#wake();\n\t\tfor (const input of inputs) {",
		put: "\t\tfor (const input of inputs) {",
		expects: ["G1", "G2", "G3", "G5", "G9"],
	},
	{
		name: "an alarm that a crash took is not set again",
		file: "durable/turns.ts",
		find: "if (deadline !== null) this.#alarm.set(deadline);",
		put: "",
		expects: ["G5", "G7", "G9", "G10", "liveness"],
	},
	{
		name: "a nearer deadline does not move the alarm",
		file: "durable/alarm.ts",
		find: "if (this.#at !== null && this.#at <= at) return;",
		put: "if (this.#at !== null) return;",
		expects: ["G5", "G7", "G9", "G10", "liveness"],
	},
	{
		name: "an alarm that rang counts as set",
		file: "durable/turns.ts",
		find: "this.#alarm.stands(null);\n\t\tif (this.#around.isNewer)",
		put: "if (this.#around.isNewer)",
		expects: ["G5", "G9", "G10", "liveness"],
	},
	{
		name: "a room that wakes with work to do rests",
		file: "durable/turns.ts",
		find: "if (this.#room.isRestless) this.#clock.again();",
		put: "",
		expects: ["G5", "G7", "G9", "liveness"],
	},
	{
		name: "a binary frame is merely malformed",
		file: "durable/refusals.ts",
		find: 'code: "binary_reserved"',
		put: 'code: "malformed"',
		expects: ["G8"],
	},
	{
		name: "the inbox has no bound",
		file: "durable/inbox.ts",
		find: "allMessages > INBOX_MESSAGES_MAX ||",
		put: "",
		expects: ["G8"],
	},
	{
		name: "a replay whose page failed stands still",
		file: "durable/turns.ts",
		find: "if (this.#room.isRestless) this.#resume(now);",
		put: "",
		expects: ["liveness"],
	},
];
