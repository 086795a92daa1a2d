/** Mutants of moderation and access: who may come in and speak, and what is taken back (G5, G8, G10). */
import type { Mutant } from "./mutant.ts";

export const MODERATION: readonly Mutant[] = [
	{
		name: "a ban is not looked at on a join",
		file: "room/door.ts",
		find: "if (refusal !== null) return refusal;\n\t\t// Who is here",
		put: "// Who is here",
		expects: ["G10"],
	},
	{
		name: "a ban does not hold for the address",
		file: "room/sanctions.ts",
		find: 'this.#holds("ban", member, now) || (address !== null &&',
		put: 'this.#holds("ban", member, now) || (address === "" &&',
		expects: ["G10"],
	},
	{
		name: "one who is banned stays",
		file: "room/moderation.ts",
		find: "this.#dismiss(member, CLOSE.banned, BANNED, turn);",
		put: "",
		expects: ["G10"],
	},
	{
		name: "a lock lets everyone in",
		file: "room/door.ts",
		find: "if (!this.#record.meta.isLocked ||",
		put: "if (this.#record.meta.head >= 0 ||",
		expects: ["G10"],
	},
	{
		name: "a mute mutes nobody",
		file: "room/sanctions.ts",
		find: 'if (!this.#rows.has(keyOf("mute", member))) return',
		put: "if (member.length > 0) return",
		expects: ["G10"],
	},
	{
		name: "a mute takes hold with the next welcome",
		file: "room/moderation.ts",
		find: "this.#room.record.exist();\n\t\t\t\tthis.#room.sessions.regrant(member, turn);",
		put: "this.#room.record.exist();",
		expects: ["G10"],
	},
	{
		name: "a capability is not looked at",
		file: "room/requests.ts",
		find: "if (!session.can.has(capability)) {",
		put: "if (session.can.size < 0) {",
		expects: ["G8", "G10"],
	},
	{
		name: "one who may not publish publishes",
		file: "room/publish.ts",
		find: 'if (!author.can.has("publish")) return',
		put: "if (author.can.size < 0) return",
		expects: ["G10"],
	},
	{
		name: "a token that has expired is as good as any",
		file: "room/sessions.ts",
		find: "if (this.#expiryAt === null || this.#expiryAt > turn.now) return;",
		put: "if (turn.now > 0) return;",
		// Its deadline is past, and is set again for ever.
		expects: ["G10", "liveness"],
	},
	{
		name: "an erased member's jobs are kept",
		file: "room/outbox.ts",
		find: "this.#store.eraseJobs(member);",
		put: "",
		expects: ["G5"],
	},
	{
		name: "what came of an erased member's asks is kept",
		file: "room/memory-store.ts",
		find: " || this.#jobs.get(jobOf(event) ?? 0)?.member === member",
		put: "",
		expects: ["erasure"],
	},
	{
		name: "what came in the turn of an erasure is kept",
		file: "room/moderation.ts",
		find: "isLast ? history.freshOf(member, (n) => outbox.row(n)?.member === member) : []",
		put: "[] as number[]",
		expects: ["erasure"],
	},
	{
		name: "the archive does not hear of an erasure",
		file: "room/ranges.ts",
		find: "[...new Set([...row.erased, member])]",
		put: "row.erased.filter((each) => each !== member)",
		expects: ["archive"],
	},
	{
		name: "a check that refuses an event afterwards does not take it back",
		file: "room/settlement.ts",
		find: "refusalOf(outcome.result) !== null && head.seq !== null",
		put: 'refusalOf(outcome.result) === "" && head.seq !== null',
		expects: ["G5"],
	},
];
