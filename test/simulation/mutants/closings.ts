/** Mutants of closings in the middle of a turn, and of who may read: each once leaked (G9, G10). */
import type { Mutant } from "./mutant.ts";

export const CLOSING: readonly Mutant[] = [
	{
		name: "one who is sent away hears what everyone hears in that turn",
		file: "room/turn.ts",
		find: "this.#closes.set(session, { session, code, reason });\n\t\tthis.withhold(session);",
		put: "this.#closes.set(session, { session, code, reason });",
		expects: ["G10"],
	},
	{
		name: "one who is sent away is told what it alone is told after that",
		file: "room/turn.ts",
		find: "if (this.#closes.has(session)) return;\n\t\tlet told",
		put: "let told",
		expects: ["G10"],
	},
	{
		name: "tokens expire by alarm alone",
		file: "room/room.ts",
		find: "sessions.expire(turn);\n\t\t\tmoderation",
		put: 'if (inputs.some(({ type }) => type === "alarm")) sessions.expire(turn);\n\t\t\tmoderation',
		expects: ["G10"],
	},
	{
		name: "a locked room is read over HTTP by those who may not join it",
		file: "room/door.ts",
		find: "this.refusesJoin({ member, can, address }, now) ??",
		put: "this.#refusesBanned({ member, address }, now) ??",
		expects: ["G10"],
	},
	{
		name: "one who is banned reads over HTTP",
		file: "room/door.ts",
		find: "this.refusesJoin({ member, can, address }, now) ??",
		put: "",
		expects: ["G10"],
	},
	{
		name: "a room's own routes do not look afresh",
		file: "durable/room-body.ts",
		find: "if (!this.room.isStale(this.#around.now())) return true;",
		put: "if (this.room.count >= 0) return true;",
		expects: ["G9"],
	},
	{
		name: "one who may not publish speaks to all by a card",
		file: "room/requests.ts",
		find: 'if (kind.concerns === "room" && !session.can.has("publish")) {',
		put: 'if (kind.concerns === "room" && session.can.size < 0) {',
		expects: ["G10"],
	},
	{
		name: "the id of a hold that was refused is a new one",
		file: "room/publish.ts",
		find: "const made = known ?? job;",
		put: 'const made = known ?? (job?.state === "failed" ? undefined : job);',
		expects: ["G3"],
	},
	{
		name: "a ban on an address that is everyone's bans everybody",
		file: "room/moderation.ts",
		find: "for (const address of addresses) if (address.startsWith(SHARED_ADDRESS)) addresses.delete(address);",
		put: "",
		expects: ["G10"],
	},
	{
		name: "the address of a guest who has left is not known to a ban",
		file: "room/departed.ts",
		find: "return leave === undefined || leave.at + DEPARTED_MS <= now ? null : leave.address;",
		put: "return leave === undefined || leave.at <= now ? null : leave.address;",
		expects: ["G10"],
	},
	{
		name: "a change of the count is forgotten by a sleep",
		file: "room/ranges.ts",
		find: "row.count !== needs.roster.count) this.#countDueAt = 0;",
		put: "row.count < 0) this.#countDueAt = 0;",
		expects: ["archive"],
	},
];
