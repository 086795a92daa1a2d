/** A member is erased: from the answer on nothing that it said, nor its name, is told by any route, whatever the archive has heard by then. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { archive } from "../../src/jobs/archive/archive.ts";
import type { JobContext, Range } from "../../src/jobs/kind.ts";
import type { Event } from "../../src/protocol/messages.ts";
import { mint, SECRET } from "../mint.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { bearing, doorWith, enter, leave, problemOf } from "./door.ts";

const KEY = "an-operator-key-of-32-characters";
const VARS = { TOKEN_SECRET: SECRET, OPERATOR_KEY: KEY };
const call = doorWith(VARS);
const PATH = "/rooms/team-a";
const CANARY = "canary7f3a";
const asOperator = { headers: { Authorization: `Bearer ${KEY}` } };

beforeEach(bringUpArchive);
afterEach(async () => {
	vi.restoreAllMocks();
	await reset();
});

const erase = async (member: string, door = call) =>
	problemOf(
		await door(`${PATH}/moderation`, {
			method: "POST",
			body: JSON.stringify({ action: "erase", member }),
			...asOperator,
		}),
	);

/** What is read of the room, of its archive and of all archives, as one text. */
async function told(): Promise<string> {
	const paths = [
		...["", "/events", "/members", "/jobs"].map((each) => PATH + each),
		...[`/archive/search?q=${CANARY}`, `/archive/search?room=team-a&q=${CANARY}`, "/rooms", "/dead-letters"],
	];
	const texts = await Promise.all(paths.map(async (path) => (await call(path, asOperator)).text()));
	return texts.join("\n");
}

const found = async (words: string, room = "&room=team-a"): Promise<number[]> => {
	const answer = await call(`/archive/search?q=${words}${room}`, asOperator);
	return (await answer.json<{ events: Event[] }>()).events.map(({ seq }) => seq);
};

/** A range as it comes to the archive, of events that were read before anyone was erased. */
async function archived(epoch: string, events: Event[], more: Partial<Range> = {}): Promise<void> {
	const [from, to] = [events[0]?.seq ?? 1, events.at(-1)?.seq ?? 0];
	const range = { from, to, events, head: to, count: 1, asOf: Date.now(), wiped: [], erased: [], ...more };
	await archive.run(range, { env, room: "team-a", epoch, job: `${epoch}-1`, run: 1 } as unknown as JobContext);
}

const said = (seq: number, text: string, more: Partial<Event> = {}): Event => {
	const event = {
		type: "event",
		seq,
		at: 1_000 + seq,
		from: "ada",
		author: `Ada ${CANARY}`,
		name: "chat",
		data: { text },
	};
	return { ...event, ...more } as Event;
};
const outcome = (seq: number, of: number | null, result: string): Event =>
	said(seq, "", {
		from: "room:events",
		author: "Room",
		name: "room.job",
		data: { job: "e-1", name: "unfurl", of, result },
	});

test("from the answer on nothing of it is told, though the archive's range has not come", async () => {
	const token = await mint({ name: `Ada ${CANARY}` });
	const [ada, bob] = [
		await enter(call, PATH, bearing(token)),
		await enter(call, PATH, bearing(await mint({ sub: "bob" }))),
	];
	ada.say({ type: "publish", id: "p1", name: "chat", data: { text: CANARY } });
	bob.say({ type: "publish", id: "p2", name: "chat", data: { text: "stays" } });
	const [event] = await bob.hears("event");
	const [{ epoch } = { epoch: "" }] = await bob.hears("welcome");
	await bob.hears("event", 2);
	const all = [said(1, CANARY), said(2, "stays", { from: "bob", author: "Bob" })];
	await archived("an-older-epoch", [said(1, `${CANARY} of old`)]);
	await archived(epoch, all);
	expect(event?.data).toEqual({ text: CANARY });
	expect(await told()).toContain(CANARY);
	expect(await erase("ada")).toBe("204");
	expect(await told()).not.toContain(CANARY);
	// A range that was on its way comes late, and brings them as they were.
	await archived(epoch, all.slice(0, 1));
	expect(await told()).not.toContain(CANARY);
	expect(await found("stays")).toEqual([2]);
	for (const each of [ada, bob]) await leave(each);
});

const ruled = (seq: number, of: number, text: string): Event =>
	said(seq, text, { from: "room:events", author: "Room", name: "moved", of });

test("nor what rules said of it, also what the room itself no longer keeps", async () => {
	const bob = await enter(call, PATH, bearing(await mint({ sub: "bob" })));
	for (const n of [1, 2, 3, 4]) bob.say({ type: "publish", id: `p${n}`, name: "chat", data: { text: "x" } });
	await bob.hears("event", 4);
	const [{ epoch } = { epoch: "" }] = await bob.hears("welcome");
	await archived(epoch, [
		said(1, "cake"),
		ruled(2, 1, "cake"),
		said(3, "cake", { from: "bob", author: "Bob" }),
		ruled(4, 3, "cake"),
	]);
	expect(await found("cake")).toEqual([4, 3, 2, 1]);
	expect(await erase("ada")).toBe("204");
	expect(await found("cake"), "before its range has come").toEqual([4, 3]);
	await archived(epoch, [said(5, "later", { from: "bob", author: "Bob" })], { erased: ["ada"] });
	const data = await env.ARCHIVE.prepare("select seq, data from events order by seq").raw<[number, string]>();
	expect(data.filter(([, text]) => text === "null").map(([seq]) => seq)).toEqual([1, 2]);
	await leave(bob);
});

test("nor what jobs made of it; what it says from then on is found, and what others said all along", async () => {
	const bob = await enter(call, PATH, bearing(await mint({ sub: "bob" })));
	for (const n of [1, 2, 3, 4, 5]) bob.say({ type: "publish", id: `p${n}`, name: "chat", data: { text: "x" } });
	await bob.hears("event", 5);
	const [{ epoch } = { epoch: "" }] = await bob.hears("welcome");
	const theirs = said(2, "cake", { from: "bob", author: "Bob" });
	await archived(epoch, [
		said(1, "cake"),
		theirs,
		outcome(3, 1, "cake"),
		outcome(4, 2, "cake"),
		outcome(5, null, "cake"),
	]);
	expect(await found("cake")).toEqual([5, 4, 3, 2, 1]);
	expect(await erase("ada")).toBe("204");
	expect(await found("cake")).toEqual([4, 2]);
	expect(await found("cake", ""), "by operators in all rooms").toEqual([4, 2]);
	const unsaid = (event: Event): Event => ({ ...event, author: "", data: null, redacted: true });
	const asErased = [
		unsaid(said(1, "")),
		theirs,
		unsaid(outcome(3, 1, "")),
		outcome(4, 2, "cake"),
		unsaid(outcome(5, null, "")),
	];
	await archived(epoch, asErased, { erased: ["ada"] });
	await archived(epoch, [said(6, "cake again")]);
	expect(await found("cake")).toEqual([6, 4, 2]);
	await leave(bob);
});

test("of a room that has deleted itself the archive is all that there is: it is erased there", async () => {
	await archived("e1", [said(1, CANARY), said(2, "stays", { from: "bob", author: "Bob" }), outcome(3, 1, CANARY)]);
	expect(await erase("ada")).toBe("204");
	const rows = await env.ARCHIVE.prepare("select * from events").all();
	expect(JSON.stringify(rows.results)).not.toContain(CANARY);
	expect(await found("stays")).toEqual([2]);
	expect(await (await call(PATH, asOperator)).json()).toMatchObject({ epoch: "" });
});

test("what is concealed is no longer so once the archive has it as it is: nothing is kept of that", async () => {
	const ada = await enter(call, PATH, bearing(await mint()));
	ada.say({ type: "publish", id: "p1", name: "chat", data: { text: CANARY } });
	await ada.hears("event");
	const [{ epoch } = { epoch: "" }] = await ada.hears("welcome");
	expect(await erase("ada")).toBe("204");
	const concealed = async () => (await env.ARCHIVE.prepare("select member from erasing").raw()).flat();
	// The room's own ranges may have come already.
	const erased = { ...said(1, ""), data: null, redacted: true, author: "" } as Event;
	await archived(epoch, [erased, ...[2, 3, 4, 5].map((seq) => said(seq, "x", { from: "bob" }))], { erased: ["ada"] });
	expect(await concealed()).toEqual([]);
	await leave(ada);
});

test("where the archive cannot be told, the answer says so, and asking again is all that it takes", async () => {
	const ada = await enter(call, PATH, bearing(await mint()));
	ada.say({ type: "publish", id: "p1", name: "chat", data: { text: CANARY } });
	await ada.hears("event");
	vi.spyOn(console, "error").mockImplementation(() => {});
	const down = {
		prepare: () => {
			throw new Error("D1 is down");
		},
		batch: () => Promise.reject(new Error("D1 is down")),
	};
	const without = doorWith({ ...VARS, ARCHIVE: down as unknown as string });
	expect(await erase("ada", without)).toBe("503 overloaded");
	expect(await (await call(`${PATH}/events`, asOperator)).text()).not.toContain(CANARY);
	expect(await erase("ada")).toBe("204");
	await leave(ada);
});
