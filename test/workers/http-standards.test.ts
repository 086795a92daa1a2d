/** HTTP as its standards say: what clients, proxies and tools that know nothing of rooms rely on (RFC 9110, 6455, 6750, 9457). */
import { reset } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openApi } from "../../src/edge/openapi.ts";
import { mint, SECRET } from "../mint.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { doorWith, problemOf } from "./door.ts";

beforeEach(bringUpArchive);
afterEach(reset);

const OPERATOR = "an-operator-key-of-32-characters";
const call = doorWith({ OPERATOR_KEY: OPERATOR, TOKEN_SECRET: SECRET });
const PAGE_TITLE = "<!doctype html>";
const KEY = "a-key-of-sixteen-or-more";
const ADDRESSES = Object.entries((openApi() as { paths: Record<string, Record<string, unknown>> }).paths).map(
	([path, item]) => {
		const methods = Object.keys(item).filter((name) => name !== "parameters");
		const allowed = methods.flatMap((method) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]));
		return { path: path.replace("{room}", "team-a").replace("{job}", "none-1"), allowed: [...allowed, "OPTIONS"] };
	},
);
const methodsOf = (answer: Response) => answer.headers.get("Allow")?.split(", ").toSorted();

describe.each([...ADDRESSES, { path: "/openapi.json", allowed: ["GET", "HEAD", "OPTIONS"] }])(
	"$path",
	({ path, allowed }) => {
		test.each(["PUT", "PATCH", "DELETE", "POST", "GET", "HEAD", "PROPFIND"])(
			"%s is taken or is 405, with all that is taken in `Allow` (RFC 9110, 10.2.1)",
			async (method) => {
				const answer = await call(path, { method });
				if (allowed.includes(method)) return expect(answer.status).not.toBe(405);
				expect(answer.status).toBe(405);
				expect(methodsOf(answer)).toEqual(allowed.toSorted());
				if (method !== "HEAD") expect(await problemOf(answer)).toBe("405 method_not_allowed");
			},
		);

		test("OPTIONS says what is taken, without a body", async () => {
			const answer = await call(path, { method: "OPTIONS" });
			expect([answer.status, methodsOf(answer), await answer.text()]).toEqual([204, allowed.toSorted(), ""]);
		});

		test("HEAD is GET without the body (RFC 9110, 9.3.2)", async () => {
			const headers = { Authorization: `Bearer ${OPERATOR}` };
			const [head, get] = [await call(path, { method: "HEAD", headers }), await call(path, { headers })];
			expect([head.status, await head.text()]).toEqual([get.status, ""]);
			expect(head.headers.get("Content-Type")).toBe(get.headers.get("Content-Type"));
		});
	},
);

describe("[X-2] what a refusal brings along", () => {
	test.each([
		["/rooms", {}],
		["/rooms", { Authorization: "Bearer none" }],
		["/rooms", { Authorization: "Basic eDp5" }],
		["/rooms/team-a", { Authorization: "Bearer x.y.z" }],
		["/rooms/team-a/jobs", {}],
		["/archive/search?q=x", {}],
		["/rooms/team-a", { Upgrade: "websocket", "Sec-WebSocket-Protocol": "rotunda.v1, bearer.x.y.z" }],
	] as [string, Record<string, string>][])("401 at %s with %j says how to prove oneself", async (path, headers) => {
		const answer = await call(path, { headers });
		expect(answer.status).toBe(401);
		expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer realm="rotunda"');
		expect(await answer.json()).toMatchObject({ type: "about:blank", title: "Unauthorized", code: "unauthorized" });
	});

	test("426 says what to upgrade to, and WebSocket may be offered among others", async () => {
		const other = await call("/rooms/team-a", { headers: { Upgrade: "h2c" } });
		expect([other.status, other.headers.get("Upgrade"), other.headers.get("Connection")]).toEqual([
			426,
			"websocket",
			"Upgrade",
		]);
		const both = await call("/rooms/team-a", { headers: { Upgrade: "h2c, WebSocket" } });
		expect(both.status).toBe(101);
		both.webSocket?.accept();
		both.webSocket?.close();
	});

	test.each([
		["/rooms/-a", 400, "Bad Request"],
		["/nowhere", 404, "Not Found"],
		["/rooms/team-a/moderation", 405, "Method Not Allowed"],
		["/rooms/team-a/events?epoch=other", 410, "Gone"],
	])("the problem at %s is titled as its status is: %d %s (RFC 9457, 4.2.1)", async (path, status, title) => {
		expect(await (await call(path)).json()).toMatchObject({ type: "about:blank", status, title });
	});
});

describe("what a body may be", () => {
	const post = (headers: Record<string, string>, path = "/rooms/team-a/events") =>
		call(path, {
			method: "POST",
			body: '{"name":"chat","data":1}',
			headers: { "Idempotency-Key": KEY, Authorization: `Bearer ${OPERATOR}`, ...headers },
		});

	test.each([
		{ "Content-Encoding": "gzip" },
		{ "Content-Encoding": "br" },
		{ "Content-Encoding": "identity, GZIP" },
		{ "Content-Encoding": "unheard-of" },
		{ "Content-Type": "application/json; charset=utf-16" },
		{ "Content-Type": 'application/json;Charset="ISO-8859-1"' },
	] as Record<string, string>[])("[X-5] %j is 415, which says what is taken", async (headers) => {
		for (const path of ["/rooms/team-a/events", "/rooms/team-a/moderation"]) {
			const answer = await post(headers, path);
			expect([answer.status, answer.headers.get("Accept-Encoding")]).toEqual([415, "identity"]);
			expect(await answer.json()).toMatchObject({ status: 415, title: "Unsupported Media Type", code: "malformed" });
		}
	});

	test.each([
		{ "Content-Encoding": "identity" },
		{ "Content-Encoding": "" },
		{ "Content-Type": "application/json; charset=UTF-8" },
		{ "Content-Type": 'application/json; charset="utf-8"; x=y' },
		{ "Content-Type": "application/x-www-form-urlencoded" },
	] as Record<string, string>[])("%j is read", async (headers) => {
		expect((await post(headers)).status).toBe(201);
	});
});

describe("one address, two forms", () => {
	test.each([
		["text/html", true],
		["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true],
		["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", true],
		["TEXT/HTML", true],
		["text/*", true],
		["text/html;level=1", true],
		["application/json;q=0.4, text/html;q=0.5", true],
		["text/html;q=0", false],
		["text/html;q=0, */*", false],
		["text/*, text/html;q=0.0", false],
		["text/html;q=0.5, */*", false],
		["application/json, text/html;q=0.9", false],
		["application/json, text/*;q=0.9", false],
		["application/json, text/plain, */*", false],
		["*/*", false],
		["", false],
		["image/png", false],
		["text/htmlx", false],
		["application/json;a=text/html", false],
	])("Accept: %s is answered with a page: %s (RFC 9110, 12.5.1)", async (accept, isPage) => {
		const answer = await call("/rooms/team-a", { headers: { Accept: accept } });
		const type = answer.headers.get("Content-Type")?.split(";")[0];
		expect(type).toBe(isPage ? "text/html" : "application/json");
		expect(answer.headers.get("Vary")).toContain("Accept");
		await answer.text();
	});

	test("what is refused there varies as well", async () => {
		const refused = await call("/rooms/team-a", { headers: { Authorization: "Bearer x" } });
		expect(refused.headers.get("Vary")).toContain("Accept");
	});

	test("the page is not sent again to one who has it (RFC 9110, 13.1.2)", async () => {
		const ask = (more: Record<string, string>, door = call) =>
			door("/rooms/team-a", { headers: { Accept: "text/html", ...more } });
		const first = await ask({});
		expect((await first.text()).toLowerCase()).toContain(PAGE_TITLE);
		const tag = first.headers.get("ETag") ?? "";
		expect(tag).toMatch(/^(W\/)?"[^"]+"$/);
		const opaque = tag.replace("W/", "");
		for (const known of [tag, opaque, `W/${opaque}`, `"other", W/${opaque}`, `${opaque},"other"`, "*"]) {
			const again = await ask({ "If-None-Match": known });
			expect([again.status, await again.text()], known).toEqual([304, ""]);
			expect(again.headers.get("ETag")).toBe(tag);
			expect(again.headers.get("Vary")).toContain("Accept");
			expect(again.headers.get("Cache-Control")).toBe(first.headers.get("Cache-Control"));
		}
		for (const other of ['"other"', opaque.slice(1, -1), `"${opaque.slice(1, 5)}"`, ""]) {
			expect((await ask({ "If-None-Match": other })).status, other).toBe(200);
		}
		const withImages = doorWith({ UNFURL_IMAGES: "on" });
		const written = await ask({ "If-None-Match": tag }, withImages);
		expect(written.status).toBe(200);
		expect((await ask({ "If-None-Match": written.headers.get("ETag") ?? "" }, withImages)).status).toBe(304);
		const summary = await call("/rooms/team-a", { headers: { "If-None-Match": tag } });
		expect(summary.headers.get("Content-Type")).toContain("json");
	});
});

describe("[X-3] Idempotency-Key", () => {
	const publish = async (key: string, headers: Record<string, string> = {}, data: unknown = 1) => {
		const body = JSON.stringify({ name: "chat", data });
		const answer = await call("/rooms/team-a/events", {
			method: "POST",
			body,
			headers: { "Idempotency-Key": key, ...headers },
		});
		return problemOf(answer);
	};
	const member = async () => ({ Authorization: `Bearer ${await mint()}` });

	test("G3 of a guest without a socket has 16 characters or more: strangers behind one address share their keys", async () => {
		for (const short of ["1", "order-17", "k".repeat(15), `"${"k".repeat(15)}"`, '"a\\"\\"\\"\\"\\"\\"\\"\\""']) {
			expect(await publish(short), short).toBe("400 bad_request");
		}
		expect(await publish("k".repeat(16))).toBe("201");
		expect(await publish("1", await member())).toBe("201");
		expect(await publish("1", { Authorization: `Bearer ${OPERATOR}` })).toBe("201");
	});

	test("G3 quoted, as its draft has it, and bare it is the same key", async () => {
		expect(await publish(KEY)).toBe("201");
		expect(await publish(`"${KEY}"`)).toBe("200");
		expect(await publish(`"${KEY}";v=1`)).toBe("200");
		expect(await publish(`"${KEY}"`, {}, 2)).toBe("422 id_reused");
		const headers = await member();
		expect(await publish('"say \\"hi\\" \\\\"', headers)).toBe("201");
		expect(await publish('say "hi" \\', headers)).toBe("200");
	});

	test.each([
		["empty", "", "400 bad_request"],
		["quoted and empty", '""', "400 bad_request"],
		["65 characters, quoted", `"${"k".repeat(65)}"`, "400 bad_request"],
		["64 characters, quoted", `"${"k".repeat(64)}"`, "201"],
		["one quotation mark", '"', "201"],
		["no ASCII", "schlüssel-für-alle", "400 malformed"],
	])("%s: %s is %s", async (_, key, outcome) => {
		expect(await publish(key, await member())).toBe(outcome);
	});
});

test.each([
	"/rooms/team-a/events?limit=1&limit=2",
	"/rooms/team-a/events?after=0&after=0",
	"/rooms/team-a/events?epoch=a&epoch=b",
	"/archive/search?q=x&room=team-a&room=team-b",
	"/archive/search?q=x&q=y",
	"/rooms/team-a/jobs?state=done&state=failed",
	"/rooms?limit=1&limit=1",
])(
	"G8 a parameter that stands twice is refused, for one side would read the first and one the last: %s",
	async (path) => {
		const answer = await call(path, { headers: { Authorization: `Bearer ${OPERATOR}` } });
		expect(await problemOf(answer)).toBe("400 bad_request");
	},
);
