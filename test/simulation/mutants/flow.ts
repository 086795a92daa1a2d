/** Mutants of flow and of sleep: a member that does not read, and a room that wakes (G6, G7). */
import type { Mutant } from "./mutant.ts";

export const FLOW: readonly Mutant[] = [
	{
		name: "a paused session is skipped on replay",
		file: "room/flow.ts",
		find: '{ kind: "replaying", cursor, state }',
		put: '{ kind: "live" }',
		expects: ["G2"],
	},
	{
		name: "a full socket is not paused",
		file: "room/flow.ts",
		find: "for (const id of full) {",
		put: "for (const id of full.slice(0, 0)) {",
		expects: ["G6"],
	},
	{
		name: "a paused session gets shared frames",
		file: "room/flow.ts",
		find: "turn.withhold(session.id);",
		put: "",
		expects: ["G6"],
	},
	{
		name: "a paused session takes up one event too late",
		file: "room/flow.ts",
		find: "{ cursor: turn.headBefore, state",
		put: "{ cursor: turn.headBefore + 1, state",
		expects: ["G2"],
	},
	{
		name: "what a paused session is told has no bound",
		file: "room/catch-up.ts",
		find: "if (session.mode.told <= PAUSED_PRIVATE_BYTES_MAX) continue;",
		put: "if (session.mode.told >= 0) continue;",
		expects: ["G6"],
	},
	{
		name: "a stuck socket is not closed",
		file: "room/flow.ts",
		find: "for (const id of stuck) {",
		put: "for (const id of stuck.slice(0, 0)) {",
		expects: ["G6"],
	},
	{
		name: "what is told of a turn that failed does not count for one that is paused",
		file: "room/room.ts",
		find: "this.#parts.catchUp.chargePaused(turn);",
		put: "",
		expects: ["G6"],
	},
	{
		name: "what a paused session is told does not count",
		file: "room/catch-up.ts",
		find: "session.mode.told += told.reduce(",
		put: "told.reduce(",
		expects: ["G6"],
	},
	{
		name: "a pause is slept off",
		file: "room/flow.ts",
		find: "turn.withhold(session.id);\n\tturn.attach(session);",
		put: "turn.withhold(session.id);",
		expects: ["G2", "G6", "G7"],
	},
	{
		name: "a room that wakes knows of no ban",
		file: "room/sanctions.ts",
		find: "for (const row of store.sanctions()) this.#keep(row);",
		put: "",
		expects: ["G7", "G10"],
	},
	{
		name: "a mute is slept off",
		file: "room/sessions.ts",
		find: "const can = needs.sanctions.effective(attachment.member, attachment.granted);",
		put: "const can = new Set(attachment.granted);",
		expects: ["G7", "G10"],
	},
	{
		name: "a replay that a sleep cut off is not taken up again",
		file: "room/sessions.ts",
		find: "return this.#behind.size > 0;",
		put: "return false;",
		expects: ["G7", "liveness"],
	},
];
