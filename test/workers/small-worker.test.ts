/** A Worker that is bound to its rooms alone: what it lacks is refused by a code and a sentence, and loses nothing. */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { defineApp } from "../../src/jobs/define.ts";
import { moderate } from "../../src/jobs/moderate.ts";
import { unfurl } from "../../src/jobs/unfurl.ts";
import { webhook } from "../../src/jobs/webhook.ts";
import { createRoomServer } from "../../src/server.ts";
import { doorWith, enter, problemOf } from "./door.ts";
import { ORIGIN } from "./guest.ts";
import { deliver } from "./letters.ts";

afterEach(async () => {
	vi.restoreAllMocks();
	await reset();
});

const OPERATOR_KEY = "operator-key-of-the-tests";
const NOTHING = { ASSETS: undefined, JOBS: undefined, DEAD_JOBS: undefined, ARCHIVE: undefined };
const LIMITS = { JOINS: undefined, NEW_ROOMS: undefined };
const server = createRoomServer(
	defineApp({
		events: {
			chat: { from: "members", starts: ["unfurl"] },
			post: { from: "members", hold: "moderate" },
			lenient: { from: "members", hold: "moderate", unchecked: "publish" },
			remark: { from: "members", review: "moderate" },
		},
		kinds: [unfurl, moderate],
		ranges: [webhook],
	}),
);
const small = doorWith({ ...NOTHING, ...LIMITS, OPERATOR_KEY }, ORIGIN, server);
const byOperator = { headers: { Authorization: `Bearer ${OPERATOR_KEY}` } };

type Said = { name: string; type?: "job" } & Record<string, unknown>;

/** What a room without a queue answers to each, one after the other; and what it owes. */
function answersOf(said: readonly Said[]) {
	return runInDurableObject(env.ROOMS.getByName(`small-${crypto.randomUUID()}`), async (_, ctx) => {
		const bindings = { ...env, ...NOTHING, WEBHOOK_URL: "https://hook.example/" } as unknown as Cloudflare.Env;
		const room = new server.RoomObject(ctx, bindings);
		const ann = { member: "ann", name: "Ann", can: ["read", "publish", "job"], address: null } as const;
		const outcomes: string[] = [];
		for (const { name, ...data } of said) {
			const reply = await room.post(ann, { id: crypto.randomUUID(), name, data }, null, "localhost");
			outcomes.push(reply.outcome === "refused" ? `${reply.refusal.code}: ${reply.refusal.message}` : reply.outcome);
		}
		const owed = await room.jobs(null, 10);
		return { outcomes, owed: "json" in owed ? JSON.parse(owed.json) : owed };
	});
}

test("without a queue what must be checked is refused, what starts jobs is published, and nothing is owed", async () => {
	const link = { text: "https://example.com/" };
	const { outcomes, owed } = await answersOf([
		{ name: "chat", ...link },
		{ name: "post", ...link },
		{ name: "lenient", ...link },
		{ name: "remark", ...link },
	]);
	const refused = expect.stringMatching(/^not_configured: .*JOBS/);
	expect(outcomes).toEqual(["published", refused, "published", refused]);
	expect(owed).toEqual({ jobs: [] });
});

test("without an archive search, the list of rooms and dead letters are refused `not_configured`", async () => {
	for (const path of ["/rooms", "/dead-letters", "/archive/search?q=hello"]) {
		const answer = await small(path, byOperator);
		expect(answer.status, path).toBe(403);
		expect(await answer.json()).toMatchObject({ code: "not_configured", detail: expect.stringContaining("ARCHIVE") });
	}
	expect(await problemOf(await small("/archive/search?q=hello&room=lobby"))).toBe("403 not_configured");
});

test("without an archive a message that nobody understands is said in the log, without its words, and taken", async () => {
	const logged = vi.spyOn(console, "error").mockReturnValue();
	const bindings = { ...env, ...NOTHING } as unknown as Cloudflare.Env;
	expect(await deliver([{ body: "who knows" }], { kinds: [], ranges: [] }, bindings)).toEqual(["taken"]);
	expect(logged.mock.calls.flat().join()).toMatch(/rotunda-jobs/);
	expect(logged.mock.calls.flat().join()).not.toMatch(/who knows/);
});

test.each([
	["no assets at all", undefined],
	[
		"assets of its own",
		{ fetch: async () => new Response("<html>A shop</html>", { headers: { "Content-Type": "text/html" } }) },
	],
])("with %s there are no pages: a browser reads the room's summary", async (_, ASSETS) => {
	const call = doorWith({ ...NOTHING, ASSETS: ASSETS as never }, ORIGIN, server);
	const room = await call("/rooms/lobby", { headers: { Accept: "text/html,*/*;q=0.8" } });
	expect(room.headers.get("Content-Type")).toBe("application/json");
	expect(await room.json()).toMatchObject({ room: "lobby", count: 0 });
	expect(await problemOf(await call("/"))).toBe("404 not_found");
	expect(await problemOf(await call("/client.js"))).toBe("404 not_found");
});

test("rooms work, and the first request says in one line what is off", async () => {
	const logged = vi.spyOn(console, "log").mockReturnValue();
	const call = doorWith({ ...NOTHING, ...LIMITS }, ORIGIN, server);
	const ann = await enter(call, "/rooms/lobby");
	ann.publish("1", { text: "Hello" });
	expect(await ann.hears("event")).toMatchObject([{ seq: 1, data: { text: "Hello" } }]);
	await call("/health");
	const lines = logged.mock.calls.map(([line]) => String(line));
	expect(lines).toEqual([expect.stringMatching(/^Rotunda is without .*\(JOBS\).*\(ARCHIVE\).*\(ASSETS\).*\(JOINS\)/)]);
	expect(lines.join()).not.toContain("\n");
});
