/** The door: what an app says holds for the server that is made of it, and for no other in the same isolate. */
import { createMessageBatch, reset, runInDurableObject } from "cloudflare:test";
import { env, withEnv } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { RoomObject } from "../../src/index.ts";
import { defineApp } from "../../src/jobs/define.ts";
import { createRoomServer, type RoomServer } from "../../src/server.ts";
import { mint, SECRET } from "../mint.ts";
import { bearing, doorWith, knock, outcomeOf } from "./door.ts";
import { ORIGIN } from "./guest.ts";
import { JOBS_QUEUE, kindOf, PretendedRoom, ref } from "./letters.ts";

afterEach(reset);

const VARS = { TOKEN_SECRET: SECRET };
const ADA = { member: "ada", name: "Ada", can: ["read", "publish"], address: null } as const;

/** What becomes of an event of that name in a room of the server's. */
function published(server: Pick<RoomServer, "RoomObject">, name: string): Promise<string> {
	return runInDurableObject(env.ROOMS.getByName(`of-${name}`), async (_, ctx) => {
		const room = new server.RoomObject(ctx, env);
		const reply = await room.post(ADA, { id: crypto.randomUUID(), name, data: 1 }, null, "localhost");
		return reply.outcome === "refused" ? reply.refusal.code : reply.outcome;
	});
}

test("the rooms of a server have the rules of its app", async () => {
	const strict = createRoomServer(defineApp({ events: { note: { from: "members" } } }));
	expect(await published(strict, "note")).toBe("published");
	expect(await published(strict, "price")).toBe("forbidden");
	expect(await published({ RoomObject }, "price")).toBe("published");
});

test("G10 whom one app's `admit` lets in, another's does not", async () => {
	const closed = createRoomServer(defineApp({ events: {} }));
	const open = createRoomServer(defineApp({ events: {}, admit: () => ADA }));
	const login = bearing(await mint({ rooms: undefined, can: undefined }));
	const outcome = async (server: RoomServer) =>
		outcomeOf(await knock(doorWith(VARS, ORIGIN, server), "/rooms/lobby", login));
	expect([await outcome(open), await outcome(closed), await outcome(open)]).toEqual(["in", "403 forbidden", "in"]);
});

test("the queue of a server runs the kinds of its app, which has none where it names none", async () => {
	const without = createRoomServer(defineApp({ events: {} }));
	const having = createRoomServer(defineApp({ events: {}, kinds: [kindOf(async () => "did it")] }));
	const settled = async ({ queue }: RoomServer) => {
		const room = new PretendedRoom();
		const letter = { id: "0", timestamp: new Date(0), attempts: 1, body: ref() };
		await queue(createMessageBatch(JOBS_QUEUE, [letter]), room.env);
		return room.settled.map(({ outcome }) => outcome);
	};
	expect(await settled(having)).toEqual([{ state: "done", result: "did it" }]);
	expect(await settled(without)).toMatchObject([{ state: "failed", error: { code: "unknown_job" } }]);
});

test("an app whose event starts a kind that it does not name is no app, and says which", () => {
	expect(() => defineApp({ events: { chat: { from: "members", starts: ["unfurl"] } } })).toThrow(/`chat`.*`unfurl`/);
	const trying = (attempts: number) =>
		kindOf(async () => 1, { name: "stubborn", retry: { attempts, firstSeconds: 1, mostSeconds: 1 } });
	expect(() => defineApp({ events: {}, kinds: [trying(11)] })).toThrow(/`stubborn`.*11 attempts.*max_retries/);
	expect(() => defineApp({ events: {}, kinds: [trying(10)] })).not.toThrow();
});

test("a server whose settings do not parse is none, whatever its entry, and says which setting", () => {
	const create = () => createRoomServer(defineApp({ events: {} }));
	expect(() => withEnv({ ...env, PUBLISH_PER_SECOND: "many" }, create)).toThrow(/PUBLISH_PER_SECOND is "many"/);
	expect(create).not.toThrow();
});
