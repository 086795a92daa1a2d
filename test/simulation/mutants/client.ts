/** Mutants of the client: what it sends again, and from where it resumes (G2, G3, G4). */
import type { Mutant } from "./mutant.ts";

export const CLIENT: readonly Mutant[] = [
	{
		name: "resend without id",
		file: "client/outbox.ts",
		find: 'for (const waiting of this.#waiting.values()) waiting.stage = "unsent";',
		// What is sent again is sent under an id of its own.
		put: `for (const waiting of this.#waiting.values()) {
			if (waiting.stage !== "unsent") waiting.text = waiting.text.replace(/"id":"[^"]*"/, '"id":"another"');
			waiting.stage = "unsent";
		}`,
		expects: ["G3"],
	},
	{
		name: "what was asked is not sent again",
		file: "client/outbox.ts",
		find: 'for (const waiting of this.#waiting.values()) waiting.stage = "unsent";',
		put: "",
		expects: ["liveness"],
	},
	{
		name: "the client's cursor does not move with events",
		file: "client/connection.ts",
		find: "this.#saw(message.seq);",
		put: "",
		expects: ["G2", "G4"],
	},
	{
		name: "a client that was paused for long does not ask again",
		file: "client/outgoing.ts",
		find: "\t\tthis.#outbox.reset();\n\t\tthis.#limits = welcome.limits;",
		put: "\t\tthis.#limits = welcome.limits;",
		expects: ["liveness"],
	},
	{
		name: "a client takes another member's event for its own",
		file: "client/outbox.ts",
		find: "message.from === me && message.id !== undefined",
		put: "message.id !== undefined",
		// Ids of publishes and of jobs are separate: it may be a job's that it takes the event for.
		expects: ["G3", "G5"],
	},
	{
		name: "a client takes the outcome of an event's job for its publish",
		file: "client/outbox.ts",
		find: 'if (waiting.type === "publish" && (state === "done" || waiting.heldBy !== job)) return false;',
		put: "",
		expects: ["G3", "G5"],
	},
	{
		name: "a passing refusal is taken for an answer",
		file: "client/outbox.ts",
		find: "if (!PASSING.has(refusal.code) || waiting.failures >= CLIENT_FAILED_TRIES_MAX) {",
		put: 'if (refusal.code !== "") {',
		expects: ["G3", "liveness"],
	},
];
