/** A refused join is understood by `GET` of the same URL: it is refused as the join was, in words that anyone can read. */
import { reset } from "cloudflare:test";
import { afterEach, describe, expect, test } from "vitest";
import { inSeconds, mint, SECRET } from "../mint.ts";
import { type Call, doorWith, enter, knock, outcomeOf, problemOf } from "./door.ts";

afterEach(reset);

const KEY = "an operator's long key".replaceAll(/[ ']/g, "-");
const VARS = { TOKEN_SECRET: SECRET, OPERATOR_KEY: KEY, ALLOWED_ORIGINS: "https://app.example" };
const open = doorWith(VARS);
const closed = doorWith({ ...VARS, ACCESS: "token" });
const EVIL = { Origin: "https://evil.example" };

const why = (call: Call, path: string, headers: Record<string, string> = {}) =>
	call(path, { headers: { Accept: "application/json", ...headers } });

const operate = (room: string, action: object) =>
	open(`/rooms/${room}/moderation`, {
		method: "POST",
		headers: { Authorization: `Bearer ${KEY}` },
		body: JSON.stringify(action),
	});

/** What the socket's join is answered, and what `GET` of the same URL is. */
async function both(call: Call, path: string, { token, resume }: { token?: string; resume?: string } = {}) {
	const offered = [token && `bearer.${token}`, resume && `resume.${resume}`].filter(Boolean).join(", ");
	const joined = await knock(call, path, offered === "" ? {} : { "Sec-WebSocket-Protocol": `rotunda.v1, ${offered}` });
	const asked = await why(call, path, {
		...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
		...(resume === undefined ? {} : { "Rotunda-Resume": resume }),
	});
	return { join: await outcomeOf(joined), get: await problemOf(asked) };
}
const twice = (outcome: string) => ({ join: outcome, get: outcome });

describe("[J-10] the same refusal", () => {
	test.each([
		["/rooms/-a", "400 bad_room"],
		["/rooms/a?history=201", "400 bad_request"],
		[`/rooms/a?name=${"n".repeat(300)}`, "400 bad_request"],
	])("of %s: %s", async (path, outcome) => {
		expect(await both(open, path)).toEqual(twice(outcome));
	});

	test("of a token that is missing, expired, or for another room", async () => {
		expect(await both(closed, "/rooms/team-a")).toEqual(twice("401 unauthorized"));
		const expired = await mint({ exp: inSeconds(-1) });
		expect(await both(closed, "/rooms/team-a", { token: expired })).toEqual(twice("401 unauthorized"));
		const answer = await why(closed, "/rooms/team-a", { Authorization: `Bearer ${expired}` });
		expect(await answer.text()).toContain("has expired");
		expect(await both(closed, "/rooms/other", { token: await mint() })).toEqual(twice("403 forbidden"));
		expect(await both(closed, "/rooms/team-a", { token: await mint({ can: ["publish"] }) })).toEqual(
			twice("403 forbidden"),
		);
	});

	test("of a guest by its key: banned, also where nobody else is", async () => {
		const ann = await enter(open, "/rooms/a", { "Sec-WebSocket-Protocol": "rotunda.v1" });
		const [welcome] = await ann.hears("welcome");
		const resume = welcome?.resume ?? "";
		expect((await why(open, "/rooms/a", { "Rotunda-Resume": resume })).status).toBe(200);
		expect((await operate("a", { action: "ban", member: welcome?.me.id })).status).toBe(204);
		await ann.until(() => ann.closed !== null);
		expect(await both(open, "/rooms/a", { resume })).toEqual(twice("403 banned"));
		expect(await both(open, "/rooms/a", { resume: "short" })).toEqual(twice("400 bad_request"));
	});

	test("of a room that is locked, though its members may come back", async () => {
		const token = await mint({ sub: "ada", rooms: ["*"] });
		await enter(open, "/rooms/locked", { Authorization: `Bearer ${token}` });
		await operate("locked", { action: "lock" });
		expect(await both(open, "/rooms/locked")).toEqual(twice("403 room_locked"));
		expect((await why(open, "/rooms/locked", { Authorization: `Bearer ${token}` })).status).toBe(200);
		const operator = await why(open, "/rooms/locked", { Authorization: `Bearer ${KEY}` });
		expect(operator.status).toBe(200);
	});
});

test("one who may join is told how the room is", async () => {
	await enter(open, "/rooms/a");
	expect(await (await why(open, "/rooms/a?name=Ann&history=0&since=e.1")).json()).toMatchObject({
		room: "a",
		count: 1,
	});
	expect(await (await why(open, "/rooms/a")).json()).toMatchObject({ count: 1 });
});

describe("from a page that is not listed", () => {
	test("`origin_refused` may be read from anywhere, and is all that is said", async () => {
		for (const [call, token] of [
			[open, null],
			[closed, null],
			[closed, await mint()],
			[closed, KEY],
		] as const) {
			for (const origin of ["https://evil.example", "null", "capacitor://localhost"]) {
				const headers = { Origin: origin, ...(token === null ? {} : { Authorization: `Bearer ${token}` }) };
				const answer = await why(call, "/rooms/team-a", headers);
				if (token === KEY) {
					// An operator reads from wherever it is; its page may not.
					expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
					continue;
				}
				expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
				expect(answer.headers.get("Access-Control-Allow-Credentials")).toBeNull();
				expect(await problemOf(answer)).toBe("403 origin_refused");
			}
		}
	});

	test("and its preflight is answered to any, for this address and `GET` alone", async () => {
		const ask = (path: string, method: string) =>
			open(path, {
				method: "OPTIONS",
				headers: {
					...EVIL,
					"Access-Control-Request-Method": method,
					"Access-Control-Request-Headers": "authorization,rotunda-resume,traceparent",
				},
			});
		for (const path of ["/rooms/a", "/rooms/a/", "/rooms/-a"]) {
			const answer = await ask(path, "GET");
			expect([answer.status, answer.headers.get("Access-Control-Allow-Origin")]).toEqual([204, "*"]);
			expect(answer.headers.get("Access-Control-Allow-Methods")).toBe("GET");
			const allowed = (answer.headers.get("Access-Control-Allow-Headers") ?? "").toLowerCase().split(", ");
			expect(allowed).toEqual(expect.arrayContaining(["authorization", "rotunda-resume", "traceparent"]));
		}
		for (const [path, method] of [
			["/rooms/a", "DELETE"],
			["/rooms/a/events", "GET"],
			["/rooms", "GET"],
		] as const) {
			const answer = await ask(path, method);
			expect(answer.headers.get("Access-Control-Allow-Origin"), path).toBeNull();
			expect(answer.status).toBeGreaterThanOrEqual(400);
		}
	});

	test("a listed page reads every other refusal too", async () => {
		const answer = await why(closed, "/rooms/team-a", { Origin: "https://app.example" });
		expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("https://app.example");
		expect(await problemOf(answer)).toBe("401 unauthorized");
	});
});

describe("[J-1] a slash at the end is forgiven", () => {
	test("of a join, a page and a call", async () => {
		const ann = await enter(open, "/rooms/lobby");
		expect((await (await enter(open, "/rooms/lobby/")).hears("welcome"))[0]).toMatchObject({ room: "lobby", count: 2 });
		await ann.hears("presence");
		const post = await open("/rooms/lobby/events/", {
			method: "POST",
			body: '{"name":"chat","data":1}',
			headers: { Authorization: `Bearer ${KEY}`, "Idempotency-Key": "k" },
		});
		expect(post.status).toBe(201);
		expect(await (await why(open, "/rooms/lobby/")).json()).toMatchObject({ room: "lobby", head: 1 });
		expect(await problemOf(await open("/rooms/lobby/", { method: "PUT" }))).toBe("405 method_not_allowed");
	});

	test("of one that is refused, too", async () => {
		expect(await both(open, "/rooms/-a/")).toEqual(twice("400 bad_room"));
		expect(await problemOf(await open("/rooms/lobby//"))).toBe("404 not_found");
	});
});
