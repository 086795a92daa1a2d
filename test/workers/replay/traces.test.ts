/**
 * The model is honest: what the simulated room did, the real object does. Each trace is recorded here, from the
 * world of a seed, and played on SQLite, sockets, attachments, alarms, sleep and RPC of the runtime itself.
 */
import { reset } from "cloudflare:test";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { RoomObject } from "../../../src/durable/room-object.ts";
import { rulesOf } from "../../simulation/game.ts";
import { record } from "../../simulation/recorder.ts";
import type { Act } from "../../simulation/trace.ts";
import { hashAddresses } from "./hashes.ts";
import { Player } from "./player.ts";
import { Script } from "./script.ts";
import { Staged } from "./staged.ts";

/** Worlds of 60 to 210 steps; together they reach every act. */
const SEEDS = [
	...[5, 6, 7, 12, 13, 14, 16, 21, 22, 27, 28, 29, 30, 31, 32],
	...[36, 40, 42, 44, 48, 54, 57, 58, 62, 65, 67, 79, 80, 81, 84],
];

const ACTS: readonly Act["act"][] = [
	...(["join", "message", "ping", "close", "alarm", "timer", "told", "wake", "sleep", "crash"] as const),
	...(["post", "put", "moderate", "wipe", "replay", "take", "settle"] as const),
];

const played = new Set<string>();

afterEach(() => vi.restoreAllMocks());
afterAll(reset);

/** Tells the script of each event that the platform delivers. */
function listen(event: "webSocketMessage" | "webSocketClose", script: Script): void {
	const handle = RoomObject.prototype[event] as (...given: unknown[]) => void;
	vi.spyOn(RoomObject.prototype, event).mockImplementation(function (this: RoomObject, ...given: unknown[]) {
		handle.apply(this, given);
		script.delivers();
	});
}

test.each(SEEDS)(
	"G1 G2 G3 G4 G5 G7 G9 G11: the real object does what the simulated one did, seed %i",
	async (seed) => {
		const trace = await record(seed);
		await hashAddresses(trace);
		const script = new Script();
		const rules = rulesOf(trace.seed, trace.ranges);
		vi.spyOn(RoomObject, "surround").mockImplementation((ctx) => new Staged(ctx, trace, rules, script));
		listen("webSocketMessage", script);
		listen("webSocketClose", script);
		await new Player(trace, script).play(trace.steps);
		for (const { act } of trace.steps) played.add(act.act);
	},
	30_000,
);

test("the traces reach every act", () => {
	expect([...played].sort()).toEqual([...ACTS].sort());
});
