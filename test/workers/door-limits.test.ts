/** What one network address may do at the door: 600 joins and 30 new rooms a minute, each refused with its code and Retry-After. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { mint, SECRET } from "../mint.ts";
import { bearing, doorWith, enter, knock, outcomeOf, problemOf } from "./door.ts";

afterEach(reset);

// The platform counts by the minute of the clock: a test that meets its turn begins anew.
const AGAIN = { retry: 1 };
const ROOMS_A_MINUTE = 30;
const JOINS_A_MINUTE = 600;
let addresses = 0;
/** An address that no other test has used. */
const fresh = (): string => `203.0.113.${++addresses}`;
const from = (address: string): Record<string, string> => ({ "CF-Connecting-IP": address });
const page = (address: string) => ({ ...from(address), Origin: "https://rotunda.test" });
const call = doorWith({ TOKEN_SECRET: SECRET });
let rooms = 0;
const aRoom = (): string => `/rooms/new-${++rooms}`;

const newRoom = (address: string) => knock(call, aRoom(), from(address));
const post = (path: string, headers: Record<string, string>) =>
	call(`${path}/events`, {
		method: "POST",
		body: '{"name":"chat","data":1}',
		headers: { "Idempotency-Key": "the-key-of-guests", ...headers },
	});

async function openAll(address: string, count = ROOMS_A_MINUTE): Promise<string[]> {
	const outcomes: string[] = [];
	for (let n = 0; n < count; n++) outcomes.push(await outcomeOf(await newRoom(address)));
	return outcomes;
}

test(
	"the 31st new room of an address in a minute is 429 with Retry-After, and nothing of it is stored",
	AGAIN,
	async () => {
		const address = fresh();
		expect(new Set(await openAll(address))).toEqual(new Set(["in"]));
		const path = aRoom();
		const refused = (await knock(call, path, from(address))) as Response;
		expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "60"]);
		expect(await refused.json()).toMatchObject({ code: "rate_limited", retryAfterMs: 60_000 });
		const told = await outcomeOf(await knock(call, path, page(address)));
		expect(told).toBe("4004 rate_limited");
		expect(await (await call(path)).json()).toMatchObject({ epoch: "" });
		expect(await outcomeOf(await newRoom(fresh()))).toBe("in");
	},
);

test("rooms that are there already cost nothing, and posts that open rooms count with joins", AGAIN, async () => {
	const address = fresh();
	const path = aRoom();
	for (let n = 0; n < ROOMS_A_MINUTE + 5; n++)
		expect(await outcomeOf(await knock(call, path, from(address)))).toBe("in");
	const posts: string[] = [];
	for (let n = 0; n < ROOMS_A_MINUTE; n++) posts.push(await problemOf(await post(aRoom(), from(address))));
	expect(posts).toEqual([...Array(ROOMS_A_MINUTE - 1).fill("201"), "429 rate_limited"]);
	expect(await outcomeOf(await newRoom(address))).toBe("429 rate_limited");
	expect(await problemOf(await post(path, from(address)))).toBe("201");
});

test("signed-in members' new rooms count by address too; reads open none", AGAIN, async () => {
	const address = fresh();
	await openAll(address);
	const token = await mint({ rooms: ["*"] });
	expect(await outcomeOf(await knock(call, aRoom(), { ...from(address), ...bearing(token) }))).toBe("429 rate_limited");
	expect((await call(aRoom(), { headers: from(address) })).status).toBe(200);
});

test("an IPv6 address counts by its /64, an IPv4 one that is mapped by itself", AGAIN, async () => {
	await openAll("2001:db8:1:2::1");
	expect(await outcomeOf(await newRoom("2001:DB8:0001:2:ffff:ffff:ffff:ffff"))).toBe("429 rate_limited");
	expect(await outcomeOf(await newRoom("2001:db8:1:3::1"))).toBe("in");
	const address = fresh();
	await openAll(address);
	expect(await outcomeOf(await newRoom(`::ffff:${address}`))).toBe("429 rate_limited");
});

test(
	"the 601st join of an address in a minute is 429 with Retry-After, also to a room that is there",
	AGAIN,
	async () => {
		const address = fresh();
		const path = aRoom();
		const ada = await enter(call, path, from(fresh()));
		// Refused for other reasons, they count all the same: whoever knocks is counted.
		const knocks = await Promise.all(
			Array.from({ length: JOINS_A_MINUTE }, () => knock(call, `${path}?history=201`, from(address))),
		);
		expect(new Set(knocks.map((each) => (each as Response).status))).toEqual(new Set([400]));
		const refused = (await knock(call, path, from(address))) as Response;
		expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "60"]);
		expect(await outcomeOf(await knock(call, path, page(address)))).toBe("4004 rate_limited");
		expect(ada.closed).toBeNull();
		expect(await outcomeOf(await knock(call, path, from(fresh())))).toBe("in");
	},
);

/** So many knocks at once, and how many were answered what. */
async function crowd(count: number, path: string, headers: (n: number) => Record<string, string>) {
	const counts: Record<string, number> = {};
	const knocks = await Promise.all(Array.from({ length: count }, (_, n) => knock(call, path, headers(n))));
	for (const each of knocks) {
		const outcome = await problemOf(each as Response);
		counts[outcome] = (counts[outcome] ?? 0) + 1;
	}
	return counts;
}

test("joins with a valid token are counted by member: a school behind one address is no crowd", AGAIN, async () => {
	const address = fresh();
	const [ada, bob] = [bearing(await mint({ sub: `ada-${address}` })), bearing(await mint({ sub: `bob-${address}` }))];
	const path = "/rooms/team-a?history=201";
	expect(await crowd(JOINS_A_MINUTE + 1, path, () => ({ ...from(address), ...ada }))).toEqual({
		"400 bad_request": JOINS_A_MINUTE,
		"429 rate_limited": 1,
	});
	// Wherever she comes from; and whoever else comes from there.
	expect(await outcomeOf(await knock(call, "/rooms/team-a", { ...from(fresh()), ...ada }))).toBe("429 rate_limited");
	expect(await outcomeOf(await knock(call, "/rooms/team-a", { ...from(address), ...bob }))).toBe("in");
	expect(await outcomeOf(await knock(call, "/rooms/a", from(address)))).toBe("in");
});

test("tokens that are not good are counted by address, and keep nobody out who has a good one", AGAIN, async () => {
	const address = fresh();
	const bad = await mint({}, "another key, and long enough for one");
	const sent = { ...from(address), ...bearing(bad) };
	const counts = await crowd(JOINS_A_MINUTE + 1, "/rooms/team-a", () => sent);
	expect(counts).toEqual({ "401 unauthorized": JOINS_A_MINUTE, "429 rate_limited": 1 });
	const over = await call("/rooms/team-a/events", { headers: { ...from(address), Authorization: `Bearer ${bad}` } });
	expect([await problemOf(over), over.headers.get("Retry-After")]).toEqual(["429 rate_limited", "60"]);
	const good = await mint({ sub: `ada-${address}` });
	expect(await outcomeOf(await knock(call, "/rooms/team-a", { ...from(address), ...bearing(good) }))).toBe("in");
	const read = await call("/rooms/team-a/events", { headers: { ...from(address), Authorization: `Bearer ${good}` } });
	expect(read.status).toBe(200);
});

test("a developer's own machine is one address with many windows: nothing is counted there", async () => {
	const local = doorWith({}, "http://localhost:8787");
	for (let n = 0; n < ROOMS_A_MINUTE + 5; n++) {
		expect(await outcomeOf(await knock(local, aRoom(), from("127.0.0.1")))).toBe("in");
	}
});

test("where the platform has no limits, everyone is let in", async () => {
	const call = doorWith({ JOINS: undefined });
	expect(env.NEW_ROOMS).toBeDefined();
	expect(await outcomeOf(await knock(call, aRoom(), from(fresh())))).toBe("in");
});

test("G10 wrong operators' keys count at the door of their address, by any operators' address; the right one never", {
	...AGAIN,
	timeout: 60_000,
}, async () => {
	const key = "an-operator-key-of-32-characters";
	const door = doorWith({ TOKEN_SECRET: SECRET, OPERATOR_KEY: key });
	const address = fresh();
	const ask = async (path: string, bearer: string) =>
		problemOf(await door(path, { headers: { ...from(address), Authorization: `Bearer ${bearer}` } }));
	const paths = ["/rooms", "/dead-letters", "/archive/search?q=x", "/rooms/a/jobs", "/rooms/a/jobs/e-1"];
	const guesses = Array.from({ length: JOINS_A_MINUTE + 1 }, (_, n) =>
		ask(paths[n % paths.length] ?? "", `guess-${n}`),
	);
	const answers = await Promise.all(guesses);
	expect(answers.filter((answer) => answer === "401 unauthorized")).toHaveLength(JOINS_A_MINUTE);
	expect(answers.filter((answer) => answer === "429 rate_limited")).toHaveLength(1);
	expect(await ask("/rooms/a/jobs", key)).toBe("200");
});
