/** Origins: which pages may join and write, and which may read an answer (G10: what is not listed is refused). */
import { reset } from "cloudflare:test";
import { afterEach, describe, expect, test } from "vitest";
import { type Call, doorWith, knock, outcomeOf, problemOf } from "./door.ts";
import { ORIGIN } from "./guest.ts";

afterEach(reset);

const LISTED = {
	ALLOWED_ORIGINS: "https://app.example, https://*.wide.example https://PORT.example:8443,http://plain.example:80",
};
const REFUSED = "403 origin_refused";

async function writes(call: Call, headers: Record<string, string>): Promise<string> {
	const init = {
		method: "POST",
		body: '{"name":"chat","data":1}',
		headers: { "Idempotency-Key": "the-key-of-guests", ...headers },
	};
	return problemOf(await call("/rooms/a/events", init));
}

/** Whether a page of that origin joins, writes and reads: all or nothing. */
async function check(call: Call, origin: string, isAllowed: boolean): Promise<void> {
	expect(await outcomeOf(await knock(call, "/rooms/a", { Origin: origin })), "join").toBe(isAllowed ? "in" : REFUSED);
	expect(await writes(call, { Origin: origin }), "write").toMatch(isAllowed ? /^20[01]$/ : REFUSED);
	const read = await call("/rooms/a", { headers: { Origin: origin } });
	expect(read.headers.get("Access-Control-Allow-Origin"), "read").toBe(isAllowed ? origin : null);
	expect(read.headers.get("Access-Control-Allow-Credentials")).toBeNull();
	expect(read.headers.get("Vary")).toContain("Origin");
}

test.each([
	ORIGIN,
	"https://app.example",
	"https://a.wide.example",
	"https://a.b.wide.example",
	"https://port.example:8443",
	"http://plain.example",
])("a page of %s may join, write and read", (origin) => check(doorWith(LISTED), origin, true));

test.each([
	"null",
	"",
	"https://evil.example",
	"http://app.example",
	"https://app.example:444",
	"https://app.example.",
	"https://app.example.evil",
	"https://app.example.evil.com",
	"https://evilapp.example",
	"https://sub.app.example",
	"https://app.example@evil.com",
	"https://user@app.example",
	"https://user:pass@app.example",
	"https://app.example/",
	"https://app.example/path",
	"https://app.example?x",
	"https://app.example#x",
	"https://app.example\\@evil.com",
	"https://wide.example",
	"http://a.wide.example",
	"https://a.wide.example:8443",
	"https://.wide.example",
	"https://evilwide.example",
	"https://a.wide.example.evil.com",
	"https://port.example",
	"https://app.example https://evil.example",
	"https://app.example, https://evil.example",
	"//app.example",
	"app.example",
	"file://",
	"data:text/html,x",
	"javascript:alert(1)",
	"chrome-extension://app.example",
	"http://localhost",
	"http://127.0.0.1",
	"http://rotunda.test",
	"https://rotunda.test:8443",
	"https://rotunda.test.evil.com",
	"https://xn--rotund-3ve.test",
])("G10 a page of `%s` may neither join, nor write, nor read", (origin) => check(doorWith(LISTED), origin, false));

const STARRED = {
	ALLOWED_ORIGINS:
		"capacitor://localhost chrome-extension://abcdefghijklmnop https://slash.example/ https://pr-*.app.example https://*-team.app.example:8443",
};

test.each([
	"capacitor://localhost",
	"chrome-extension://abcdefghijklmnop",
	"https://slash.example",
	"https://pr-17.app.example",
	"https://pr-a-b.app.example",
	"https://x-team.app.example:8443",
])("a page of %s, of a scheme or a name that is listed, may join, write and read", (origin) =>
	check(doorWith(STARRED), origin, true),
);

test.each([
	"capacitor://localhost.evil.example",
	"capacitor://evil",
	"capacitor://localhost:81",
	"capacitor://localhost/",
	"capacitor://user@localhost",
	"ionic://localhost",
	"http://localhost",
	"chrome-extension://abcdefghijklmnoq",
	"https://slash.example/",
	"https://pr-.app.example",
	"https://pr-17.evil.app.example",
	"https://pr-17.app.example.evil",
	"https://pr-x/.app.example",
	"https://pr-evil.example#.app.example",
	"https://pr-evil.example?.app.example",
	"https://pr-x@y.app.example",
	"https://pr-17.app.example:8443",
	"http://pr-17.app.example",
	"https://xpr-17.app.example",
	"https://-team.app.example:8443",
	"https://a.x-team.app.example:8443",
	"https://x-team.app.example",
])("G10 a page of `%s` is not what the star stands for", (origin) => check(doorWith(STARRED), origin, false));

test("G10 with nothing listed only the server's own pages are let in", async () => {
	await check(doorWith({}), "https://app.example", false);
	await check(doorWith({}), ORIGIN, true);
});

describe.each(["http://localhost:8787", "http://127.0.0.1:8787", "http://[::1]:8787", "http://app.localhost:8787"])(
	"at the loopback host %s",
	(host) => {
		test.each([
			"http://localhost:3000",
			"https://localhost",
			"http://127.1.2.3:1",
			"http://[::1]:5173",
			"http://a.localhost",
		])("a page of %s is one's own", (origin) => check(doorWith({}, host), origin, true));

		test.each([
			"http://localhost.evil.com",
			"http://evillocalhost",
			"http://localhost@evil.com",
			"http://127.0.0.1.evil.com",
			"http://1270.0.0.1",
			"http://0.0.0.0:8787",
			"http://[::2]",
			"http://192.168.0.1",
			"null",
		])("G10 a page of %s is not", (origin) => check(doorWith({}, host), origin, false));
	},
);

test("G10 [X-7] a write that bears a browser's marks needs an Origin; a backend's needs none", async () => {
	const call = doorWith(LISTED);
	for (const marks of [{ Cookie: "a=b" }, { "Sec-Fetch-Site": "same-origin" }, { "Sec-Fetch-Site": "none" }]) {
		expect(await writes(call, marks as unknown as Record<string, string>)).toBe(REFUSED);
	}
	expect(await writes(call, {})).toBe("201");
});

describe("a preflight", () => {
	const preflight = (origin: string, path = "/rooms/a/events") =>
		doorWith(LISTED)(path, {
			method: "OPTIONS",
			headers: {
				Origin: origin,
				"Access-Control-Request-Method": "POST",
				"Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
			},
		});

	test("of a listed page is answered with what it may send", async () => {
		const answer = await preflight("https://app.example");
		expect(answer.status).toBe(204);
		expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("https://app.example");
		const allowed = (answer.headers.get("Access-Control-Allow-Headers") ?? "").toLowerCase();
		for (const header of ["authorization", "content-type", "idempotency-key"]) expect(allowed).toContain(header);
		for (const method of ["GET", "POST", "DELETE"]) {
			expect(answer.headers.get("Access-Control-Allow-Methods")).toContain(method);
		}
		expect(answer.headers.get("Vary")).toContain("Origin");
	});

	test("allows what a page's tracing adds to its requests", async () => {
		const tracing =
			"traceparent,tracestate,baggage,sentry-trace,x-request-id,x-datadog-trace-id,x-datadog-parent-id,x-datadog-to-come";
		const answer = await doorWith(LISTED)("/rooms/a/events", {
			method: "OPTIONS",
			headers: {
				Origin: "https://app.example",
				"Access-Control-Request-Method": "POST",
				"Access-Control-Request-Headers": `authorization,x-evil,x-datadog-,${tracing}`,
			},
		});
		const allowed = (answer.headers.get("Access-Control-Allow-Headers") ?? "").toLowerCase().split(/, */);
		expect(allowed).toEqual(expect.arrayContaining(tracing.split(",")));
		expect(allowed).not.toContain("x-evil");
		expect(allowed).not.toContain("*");
		expect(answer.headers.get("Vary")).toContain("Access-Control-Request-Headers");
	});

	test.each(["https://evil.example", "null", "https://app.example.evil"])(
		"G10 of %s is allowed nothing",
		async (origin) => {
			const answer = await preflight(origin);
			expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
			expect(answer.status).toBeGreaterThanOrEqual(400);
		},
	);
});
