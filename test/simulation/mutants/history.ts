/** Mutants of the one order: what is stored, replayed, resumed, kept and read (G1, G2, G4). */
import type { Mutant } from "./mutant.ts";

export const HISTORY: readonly Mutant[] = [
	{
		name: "a wipe leaves the events where they are",
		file: "room/memory-store.ts",
		find: "		this.#events = [];\n		this.#keys = new Map();\n		this.jobRows",
		put: "		this.#keys = new Map();\n		this.jobRows",
		expects: ["G1", "G2", "G4"],
	},
	{
		name: "an unfinished wipe is forgotten with the memory of it",
		file: "room/remains.ts",
		find: "if (!this.#store.hasRemains()) return null;",
		put: "if (!this.#store.hasRemains() || this.#lastAt === 0) return null;",
		expects: ["liveness"],
	},
	{
		name: "one piece of a wipe is taken for all of it",
		file: "room/remains.ts",
		find: "if (!this.#store.hasRemains()) return null;",
		put: "if (!this.#store.hasRemains() || this.#lastAt > 0) return null;",
		expects: ["liveness"],
	},
	{
		name: "a wipe goes on only when the clock has caught up",
		file: "room/remains.ts",
		find: "this.#lastAt = Math.min(this.#lastAt, now);",
		put: "",
		expects: ["liveness"],
	},
	{
		name: "inclusive cursor",
		file: "room/resume.ts",
		find: "cursor: seen.seq, version",
		put: "cursor: seen.seq - 1, version",
		expects: ["G2", "G4"],
	},
	{
		name: "floor off by one: one who missed nothing is reset",
		file: "room/resume.ts",
		find: "seen.seq < meta.floor - 1",
		put: "seen.seq < meta.floor",
		expects: ["G4"],
	},
	{
		name: "floor off by one: one who missed an event is resumed",
		file: "room/resume.ts",
		find: "seen.seq < meta.floor - 1",
		put: "seen.seq < meta.floor - 2",
		expects: ["G4"],
	},
	{
		name: "resume across epochs",
		file: "room/resume.ts",
		find: 'if (seen.epoch !== meta.epoch) return reset("epoch");',
		put: "",
		expects: ["G4"],
	},
	{
		name: "a cursor ahead of the head is resumed",
		file: "room/resume.ts",
		find: 'if (seen.seq > meta.head) return reset("ahead");',
		put: "",
		expects: ["G4"],
	},
	{
		name: "what overtook a replay is not told",
		file: "room/catch-up.ts",
		find: 'mode.kind !== "replaying" || mode.cursor >= floor - 1',
		put: "floor >= 0",
		expects: ["G2", "G4"],
	},
	{
		name: "sent though rolled back",
		file: "room/room.ts",
		find: "return store.transaction((): Effects => {",
		// What could not be committed is performed all the same.
		put: `return ((work: () => Effects): Effects => {
			let decided: Effects | null = null;
			try {
				return store.transaction(() => (decided = work()));
			} catch (error) {
				const isOfEvents = inputs.every(({ type }) => type === "frame") && decided?.shared.every((text) => text.startsWith('{"type":"event"'));
				if (decided === null || !isOfEvents || (error as Error).message === "the machine died") throw error;
				return decided;
			}
		})((): Effects => {`,
		expects: ["G1"],
	},
	{
		name: "an event is seen and not stored",
		file: "room/history.ts",
		find: "if (this.#fresh.length > 0) this.#store.append(this.#fresh);",
		put: "if (this.#fresh.length > 1) this.#store.append(this.#fresh);",
		expects: ["G1"],
	},
	{
		name: "`at` goes back with the clock",
		file: "room/history.ts",
		find: "Math.max(now, meta.at)",
		put: "now",
		expects: ["G2"],
	},
	{
		name: "a turn's events are sent in the wrong order",
		file: "room/history.ts",
		find: "for (const { body } of this.#fresh) turn.share(body);",
		put: "for (const { body } of [...this.#fresh].reverse()) turn.share(body);",
		expects: ["G2"],
	},
	{
		name: "withheld sessions are forgotten",
		file: "room/turn.ts",
		find: "this.#withheld = new Set(behind);",
		put: "this.#withheld = new Set();",
		expects: ["G2", "G6"],
	},
	{
		name: "one who is sent away hears the rest of the turn",
		file: "room/turn.ts",
		find: "this.withhold(session);",
		put: "",
		expects: ["G2", "G9", "G10"],
	},
	{
		name: "caught-up is not told",
		file: "room/catch-up.ts",
		find: 'turn.tell(session.id, { type: "caught-up", head: record.meta.head });',
		put: "",
		expects: ["G2"],
	},
	{
		name: "caught-up is told twice",
		file: "room/catch-up.ts",
		find: 'turn.tell(session.id, { type: "caught-up", head: record.meta.head });',
		put: 'for (let i = 0; i < 2; i++) turn.tell(session.id, { type: "caught-up", head: record.meta.head });',
		expects: ["G2"],
	},
	{
		name: "a page before a seq holds that seq",
		file: "room/history.ts",
		find: "Math.min(seq - 1, head)",
		put: "Math.min(seq, head)",
		expects: ["G2"],
	},
	{
		name: "a page after a seq forgets that there is more",
		file: "room/history.ts",
		find: "(last) => last < head",
		put: "() => false",
		expects: ["G2", "liveness"],
	},
	{
		name: "redaction keeps the data",
		file: "room/history.ts",
		find: 'encodeEvent({ ...event, author, redacted: true }, "null")',
		put: "encodeEvent({ ...event, author, redacted: true }, JSON.stringify(__))",
		expects: ["G2"],
	},
	{
		name: "what a range still needs is dropped with the floor",
		file: "room/retention.ts",
		find: "isOver ? record.meta.floor : Math.min(record.meta.floor, neededFrom)",
		put: "record.meta.floor",
		expects: ["archive", "G5"],
	},
	{
		name: "what is held of the newest events is as it was before it was taken back",
		file: "room/history.ts",
		find: "for (const event of this.#rewritten.values()) this.#recent.rewrite(event);",
		put: "",
		expects: ["erasure"],
	},
	{
		name: "what is held of the newest events has gaps",
		file: "room/history.ts",
		find: "		} else {\n			this.#recent.clear();",
		put: "		} else {",
		expects: ["G2"],
	},
	{
		name: "one event too many is held to be there",
		file: "room/recent-events.ts",
		find: "const start = seq + 1 - first.seq;",
		put: "const start = seq - first.seq;",
		expects: ["G2"],
	},
];
