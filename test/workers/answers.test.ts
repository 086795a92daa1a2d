/** What holds of answers whoever asks: buckets over HTTP, a page that is always told why, and nothing kept on the way. */
import { reset } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
	BURST_SECONDS,
	GUESTS_PER_ADDRESS_WORTH,
	HISTORY_PER_SECOND,
	MODERATE_PER_SECOND,
	OPERATOR_READS_PER_SECOND,
} from "../../src/protocol/limits.ts";
import { mint, SECRET } from "../mint.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { bearing, doorAdmitting, doorWith, enter, knock, leave, outcomeOf, problemOf } from "./door.ts";
import { Guest, ORIGIN } from "./guest.ts";

const KEY = "an-operator-key";
const VARS = { TOKEN_SECRET: SECRET, OPERATOR_KEY: KEY };
const call = doorWith(VARS);
beforeEach(bringUpArchive);
afterEach(async () => {
	vi.restoreAllMocks();
	await reset();
});

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const PATH = "/rooms/team-a";

/** So many at once that no bucket holds them, each from its own source. */
async function outcomes(count: number, ask: (n: number) => Promise<Response>): Promise<string[]> {
	return Promise.all(Array.from({ length: count }, async (_, n) => problemOf(await ask(n))));
}

/** What is read of a room over HTTP: each costs a token of the reader's. */
const READS = [PATH, `${PATH}/events`, `${PATH}/members`, "/archive/search?q=x&room=team-a"];

describe.each(READS)("G8 GET %s", (path) => {
	const reading = async (headers: Record<string, string>) => problemOf(await call(path, { headers }));
	const CROWD = HISTORY_PER_SECOND * 20;

	test("costs a token of its member's, and others have their own", async () => {
		const token = await mint();
		const answers = await Promise.all(Array.from({ length: CROWD }, () => call(path, { headers: bearer(token) })));
		const [refused] = answers.filter(({ status }) => status === 429);
		expect(Number(refused?.headers.get("Retry-After"))).toBeGreaterThanOrEqual(1);
		expect(await refused?.json()).toMatchObject({ code: "rate_limited", retryAfterMs: expect.any(Number) });
		expect(await reading(bearer(await mint({ sub: "bob" })))).toBe("200");
	});

	test("costs a guest without a socket one of its address, and an operator one of the operators' own", async () => {
		const from = (address: string) => ({ "CF-Connecting-IP": address });
		expect(await outcomes(CROWD, () => call(path, { headers: from("203.0.113.7") }))).toContain("429 rate_limited");
		expect(await reading(from("203.0.113.8"))).toBe("200");
		expect(new Set(await outcomes(CROWD, () => call(path, { headers: bearer(KEY) })))).toEqual(new Set(["200"]));
	});
});

/** A summary is read as one would join, where JSON is asked for by its name. */
const AS_JOINER = { Accept: "application/json" };

test.each([...READS.map((path) => [path, {}] as const), [PATH, AS_JOINER] as const])(
	"G8 GET %s %o costs a guest that shows its key a token of its own, and twenty members' worth of its address",
	async (path, more) => {
		const reading = (key: string | null, address: string) =>
			call(path, {
				headers: {
					...more,
					"CF-Connecting-IP": address,
					...(key === null ? {} : { "Rotunda-Resume": key }),
				},
			});
		const keyOf = (n: number): string => `a-guest-of-the-school-${n}`;
		const home = "203.0.113.9";
		expect(await outcomes(HISTORY_PER_SECOND * 20, () => reading(null, home))).toContain("429 rate_limited");
		expect(await outcomes(HISTORY_PER_SECOND * 20, () => reading(keyOf(0), home))).toContain("429 rate_limited");
		expect((await reading(keyOf(1), home)).status, "another guest of that address").toBe(200);
		expect((await reading("short", home)).status).toBe(400);
		const crowd = 2 * HISTORY_PER_SECOND * BURST_SECONDS * GUESTS_PER_ADDRESS_WORTH;
		const answers = await outcomes(crowd, (n) => reading(keyOf(n), home));
		expect(answers, "all of that address together").toContain("429 rate_limited");
		expect((await reading(keyOf(1), "203.0.113.10")).status, "another address").toBe(200);
	},
	30_000,
);

test.each([...READS, `${PATH}/jobs`, `${PATH}/jobs/none`])(
	"G8 GET %s costs an operator one of the room's 50 reads of operators a second, and nobody else's",
	async (path) => {
		const asOperator = { headers: bearer(KEY) };
		const answers = await Promise.all(
			Array.from({ length: OPERATOR_READS_PER_SECOND * 10 }, () => call(path, asOperator)),
		);
		const refused = answers.filter(({ status }) => status === 429);
		expect(answers.length - refused.length).toBeGreaterThanOrEqual(OPERATOR_READS_PER_SECOND * BURST_SECONDS);
		expect(await refused[0]?.json()).toMatchObject({ code: "rate_limited", retryAfterMs: expect.any(Number) });
		expect((await call("/rooms/team-b/jobs", asOperator)).status).toBe(200);
		expect((await call(PATH, { headers: bearer(await mint()) })).status).toBe(200);
	},
);

test.each(["/rooms", "/dead-letters", "/archive/search?q=x"])(
	"G8 GET %s, which is of no one room, costs an operator one of 50 reads a second",
	async (path) => {
		const asOperator = { headers: bearer(KEY) };
		const many = Array.from({ length: OPERATOR_READS_PER_SECOND * 10 }, () => call(path, asOperator));
		const [refused] = (await Promise.all(many)).filter(({ status }) => status === 429);
		expect(Number(refused?.headers.get("Retry-After"))).toBeGreaterThanOrEqual(1);
		expect(await refused?.json()).toMatchObject({ code: "rate_limited", retryAfterMs: expect.any(Number) });
		// Who is no operator takes none of it, and has none.
		expect(await problemOf(await call(path, { headers: bearer("another-key") }))).toBe("401 unauthorized");
		expect(await problemOf(await call(`${PATH}/jobs`, asOperator)), "a room's own are apart").toBe("200");
		await vi.waitFor(async () => expect(await problemOf(await call(path, asOperator))).toBe("200"), 2_000);
	},
);

test("[L-2] a member's reads over HTTP have one bucket, which is that of its reads by socket", async () => {
	const token = await mint();
	const guest = await enter(call, PATH, bearing(token));
	const answers = await outcomes(HISTORY_PER_SECOND * 20, (n) =>
		call(READS[n % READS.length] ?? PATH, { headers: bearer(token) }),
	);
	const served = answers.filter((answer) => answer === "200").length;
	// What its bucket holds, and what flows in while they are asked.
	expect(served).toBeLessThan(HISTORY_PER_SECOND * 10);
	const burst = HISTORY_PER_SECOND * BURST_SECONDS;
	const asked = Array.from({ length: burst }, (_, n) => ({ type: "history", id: `h${n}` }));
	guest.socket.send(JSON.stringify(asked));
	const replies = () => guest.heard.filter((each) => "id" in each && each.id?.startsWith("h"));
	await guest.until(() => replies().length === burst);
	expect(replies()).toContainEqual(expect.objectContaining({ type: "error", code: "rate_limited" }));
	// Coming in is no read.
	expect(await outcomeOf(await knock(call, PATH, bearing(token)))).toBe("in");
	await leave(guest);
});

test("a member's moderation over HTTP has the bucket of its moderation by socket", async () => {
	const token = await mint();
	const init = { method: "POST", body: '{"action":"unlock"}', headers: bearer(token) };
	expect(await outcomes(MODERATE_PER_SECOND * 5, () => call(`${PATH}/moderation`, init))).toContain("429 rate_limited");
});

test("a page that offers another subprotocol alone is told so: the reply names one that it offered", async () => {
	const headers = { Upgrade: "websocket", Origin: ORIGIN, "Sec-WebSocket-Protocol": "foo, bar" };
	const response = await call(PATH, { headers });
	expect(["foo", "bar"]).toContain(response.headers.get("Sec-WebSocket-Protocol"));
	const guest = new Guest(response.webSocket as WebSocket);
	expect(await outcomeOf(guest)).toBe("4504 bad_request");
});

test("a page whose join fails inside the server is told to come back, and not how it failed", async () => {
	vi.spyOn(console, "error").mockImplementation(() => {});
	const failing = doorAdmitting(VARS, () => {
		throw new Error("canary-7f3a");
	});
	const token = await mint({ rooms: undefined, can: undefined });
	const page = await knock(failing, PATH, { ...bearing(token), Origin: ORIGIN });
	expect(await outcomeOf(page)).toBe("4004 internal");
	expect(JSON.stringify((page as Guest).heard)).not.toContain("canary");
});

test("nothing that is answered to one is kept for another on the way", async () => {
	const token = await mint();
	const asked: [string, RequestInit][] = [
		[PATH, { headers: bearer(token) }],
		[`${PATH}/events`, { headers: bearer(token) }],
		[`${PATH}/events?epoch=other`, { headers: bearer(token) }],
		[`${PATH}/members`, { headers: bearer(token) }],
		["/archive/search?q=x&room=team-a", { headers: bearer(token) }],
		["/rooms", { headers: bearer(KEY) }],
		["/rooms", { headers: bearer("wrong") }],
		[`${PATH}/jobs`, { headers: bearer(KEY) }],
		[`${PATH}/jobs/none-1`, { headers: bearer(KEY) }],
		["/nowhere", {}],
	];
	for (const [path, init] of asked) {
		const response = await call(path, init);
		await response.text();
		expect(response.headers.get("Cache-Control"), path).toBe("no-store");
		expect(response.headers.get("X-Content-Type-Options"), path).toBe("nosniff");
		expect(response.headers.get("Referrer-Policy"), path).toBe("no-referrer");
		expect(response.headers.get("Content-Security-Policy"), path).toContain("default-src 'none'");
	}
});

test("the list of jobs is read on by its `next`, and refuses a cursor that was never given", async () => {
	const guest = await enter(doorWith({}), PATH);
	for (const id of ["j1", "j2", "j3"]) {
		guest.say({ type: "job", id, name: "unfurl", data: { url: "http://a.example/" } });
	}
	await guest.hears("job", 3);
	const list = async (query: string) => (await call(`${PATH}/jobs?${query}`, { headers: bearer(KEY) })).json();
	const first = (await list("limit=2")) as { jobs: { job: string }[]; next: string };
	expect(first.jobs).toMatchObject([{ name: "unfurl", state: expect.any(String) }, { name: "unfurl" }]);
	const second = (await list(`limit=2&cursor=${first.next}`)) as { jobs: { job: string }[] };
	expect(second.jobs).toHaveLength(1);
	expect(second).not.toHaveProperty("next");
	expect(new Set([...first.jobs, ...second.jobs].map(({ job }) => job)).size).toBe(3);
	expect(await list("cursor=nowhere")).toMatchObject({ code: "bad_request" });
	await leave(guest);
});
