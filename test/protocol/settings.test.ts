/** What a deployer sets: every default, every bound, and a sentence that names what does not parse. */
import { expect, test } from "vitest";
import { readSettings } from "../../src/protocol/settings.ts";

const DAY_MS = 24 * 3_600_000;

test("nothing set gives the defaults that the README names", () => {
	expect(readSettings({})).toMatchObject({
		access: "open",
		guestCan: ["read", "publish", "signal", "presence", "job"],
		allowedOrigins: [],
		publishPerSecond: 50,
		signalPerSecond: 100,
		roomPublishPerSecond: 2000,
		eventBytesMax: 32_768,
		historyEventsMax: 10_000,
		historyAgeMsMax: 30 * DAY_MS,
		historyBytesMax: 1024 ** 3,
		roomSessionsMax: 5000,
		memberSessionsMax: 10,
	});
});

test.each([
	["ACCESS", "token", { access: "token" }],
	["GUEST_CAN", "read", { guestCan: ["read"] }],
	["GUEST_CAN", " read,  signal ", { guestCan: ["read", "signal"] }],
	["GUEST_CAN", "", { guestCan: [] }],
	["ALLOWED_ORIGINS", "", { allowedOrigins: [] }],
	[
		"ALLOWED_ORIGINS",
		"https://a.example http://localhost:5173",
		{ allowedOrigins: ["https://a.example", "http://localhost:5173"] },
	],
	[
		"ALLOWED_ORIGINS",
		"https://*.a.example,http://[::1]:80,https://B.example:443,http://c.example:8080",
		{ allowedOrigins: ["https://*.a.example", "http://[::1]", "https://b.example", "http://c.example:8080"] },
	],
	[
		"ALLOWED_ORIGINS",
		"https://slash.example/ capacitor://localhost chrome-extension://AbCdEf ionic://localhost:80/",
		{
			allowedOrigins: [
				"https://slash.example",
				"capacitor://localhost",
				"chrome-extension://abcdef",
				"ionic://localhost:80",
			],
		},
	],
	[
		"ALLOWED_ORIGINS",
		"https://pr-*.a.example https://*-team.a.example https://x.y*z.a.example:8443",
		{ allowedOrigins: ["https://pr-*.a.example", "https://*-team.a.example", "https://x.y*z.a.example:8443"] },
	],
	["PUBLISH_PER_SECOND", "0", { publishPerSecond: 0 }],
	["PUBLISH_PER_SECOND", 0, { publishPerSecond: 0 }],
	["SIGNAL_PER_SECOND", "7", { signalPerSecond: 7 }],
	["ROOM_PUBLISH_PER_SECOND", "1", { roomPublishPerSecond: 1 }],
	["EVENT_MAX_BYTES", "61440", { eventBytesMax: 61_440 }],
	["HISTORY_MAX_EVENTS", "1", { historyEventsMax: 1 }],
	["HISTORY_MAX_AGE_DAYS", "1", { historyAgeMsMax: DAY_MS }],
	["HISTORY_MAX_BYTES", "1", { historyBytesMax: 1 }],
	["ROOM_MAX_SESSIONS", "32768", { roomSessionsMax: 32_768 }],
	["MEMBER_MAX_SESSIONS", "1", { memberSessionsMax: 1 }],
])("%s may be %j", (name, value, expected) => {
	expect(readSettings({ [name]: value })).toMatchObject(expected);
});

test.each([
	["ACCESS", "closed"],
	["ACCESS", ""],
	["GUEST_CAN", "read write"],
	["GUEST_CAN", 7],
	["ALLOWED_ORIGINS", "example.com"],
	["ALLOWED_ORIGINS", "https://a.example/path"],
	["ALLOWED_ORIGINS", "*"],
	["ALLOWED_ORIGINS", "https://*"],
	["ALLOWED_ORIGINS", "https://a.*.example"],
	["ALLOWED_ORIGINS", "https://a.example.*"],
	["ALLOWED_ORIGINS", "https://a.ex*"],
	["ALLOWED_ORIGINS", "https://*.*.example"],
	["ALLOWED_ORIGINS", "https://a*b*.example"],
	["ALLOWED_ORIGINS", "https://a.example//"],
	["ALLOWED_ORIGINS", "https://a.example:*"],
	["ALLOWED_ORIGINS", "*://a.example"],
	["ALLOWED_ORIGINS", "chrome-extension://*"],
	["ALLOWED_ORIGINS", "file://"],
	["ALLOWED_ORIGINS", "null"],
	["PUBLISH_PER_SECOND", ""],
	["PUBLISH_PER_SECOND", "-1"],
	["PUBLISH_PER_SECOND", "1.5"],
	["PUBLISH_PER_SECOND", "fast"],
	["PUBLISH_PER_SECOND", Number.NaN],
	["PUBLISH_PER_SECOND", null],
	["SIGNAL_PER_SECOND", "1e3"],
	["ROOM_PUBLISH_PER_SECOND", "0"],
	["EVENT_MAX_BYTES", "0"],
	["EVENT_MAX_BYTES", "61441"],
	["HISTORY_MAX_EVENTS", "0"],
	["HISTORY_MAX_AGE_DAYS", "0"],
	["HISTORY_MAX_AGE_DAYS", "40000"],
	["HISTORY_MAX_BYTES", "0"],
	["ROOM_MAX_SESSIONS", "32769"],
	["MEMBER_MAX_SESSIONS", "0"],
])("%s may not be %j, and the sentence names it and what it should be", (name, value) => {
	expect(() => readSettings({ [name]: value })).toThrow(
		new RegExp(`^The setting ${name} is .*, which is not .+\\. Correct it under \\[vars\\] in wrangler\\.toml\\.$`),
	);
});

test("a number beyond its upper bound is told that bound", () => {
	expect(() => readSettings({ EVENT_MAX_BYTES: "70000" })).toThrow("1 to 61440");
	expect(() => readSettings({ ROOM_MAX_SESSIONS: "70000" })).toThrow("1 to 32768");
	expect(() => readSettings({ HISTORY_MAX_AGE_DAYS: "70000" })).toThrow("36500");
});

test("an empty TOKEN_AUDIENCE asks your login's tokens for none, and stands beside TOKEN_JWKS_URL alone", () => {
	const login = { TOKEN_JWKS_URL: "https://login.example/jwks", TOKEN_ISSUER: "https://login.example/" };
	expect(readSettings({ ...login, TOKEN_AUDIENCE: "" })).toMatchObject({ tokenAudience: null });
	expect(readSettings(login)).toMatchObject({ tokenAudience: "rotunda" });
	expect(() => readSettings({ TOKEN_AUDIENCE: "" })).toThrow(/TOKEN_AUDIENCE.*TOKEN_JWKS_URL/);
});

test("the sentence names the file that the value came from, where that can be known: a number stands in wrangler.toml", () => {
	expect(() => readSettings({ PUBLISH_PER_SECOND: "fast" })).toThrow(/\.dev\.vars/);
	expect(() => readSettings({ PUBLISH_PER_SECOND: -1 })).toThrow(/^(?!.*\.dev\.vars).*wrangler\.toml\.$/);
});
