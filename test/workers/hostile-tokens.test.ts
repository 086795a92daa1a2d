/** G10: of all the tokens that one may make up, change or cut, only those that were signed here let anyone in. */
import { reset } from "cloudflare:test";
import fc from "fast-check";
import { SignJWT } from "jose";
import { afterEach, expect, test } from "vitest";
import { CAPABILITIES } from "../../src/protocol/messages.ts";
import { inSeconds, mint, SECRET } from "../mint.ts";
import { json } from "../protocol/messages.ts";
import { runs } from "../runs.ts";
import { bearing, doorWith, knock, leave, outcomeOf, problemOf } from "./door.ts";
import { Guest } from "./guest.ts";

afterEach(reset);

const call = doorWith(
	{ ACCESS: "token", TOKEN_SECRET: SECRET, OPERATOR_KEY: "an-operator-key" },
	"http://localhost:8787",
);
const PATH = "/rooms/team-a";
const base64url = (text: string): string =>
	btoa(String.fromCharCode(...new TextEncoder().encode(text)))
		.replaceAll("+", "-")
		.replaceAll("/", "_")
		.replaceAll("=", "");

/** Neither by socket nor over HTTP, and told so with the right code. */
async function checkRefused(token: string, outcomes: readonly string[] = ["unauthorized"]): Promise<void> {
	const sent = bearing(token);
	const knocked = await outcomeOf(await knock(call, PATH, sent));
	expect(outcomes.map((code) => `${code === "forbidden" ? 403 : 401} ${code}`)).toContain(knocked);
	const read = await problemOf(await call(`${PATH}/events`, { headers: { Authorization: `Bearer ${token}` } }));
	expect(read).toBe(knocked);
}

const part = fc.oneof(
	fc.string({ unit: fc.constantFrom(..."abcXYZ019-_".split("")), maxLength: 40 }),
	json.map((value) => base64url(JSON.stringify(value))),
);

test("G10 property: texts that look like tokens let nobody in", async () => {
	const made = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("."));
	await fc.assert(
		fc.asyncProperty(
			made.filter((token) => token !== ""),
			(token) => checkRefused(token),
		),
		runs(50),
	);
});

const claims = {
	sub: "ada",
	aud: "rotunda",
	rooms: ["*"],
	can: [...CAPABILITIES],
	exp: inSeconds(600),
};

test("G10 property: whatever a header says of its algorithm and key, what nobody signed is not believed", async () => {
	const header = fc.record(
		{
			alg: fc.constantFrom(
				"none",
				"None",
				"HS256",
				"HS384",
				"HS512",
				"RS256",
				"ES256",
				"EdDSA",
				"PS256",
				"dir",
				"",
				null,
				7,
				["HS256"],
			),
			typ: json,
			kid: json,
			jwk: fc.constantFrom({ kty: "oct", k: "AA" }, { kty: "oct", k: base64url(SECRET) }, null),
			jku: fc.constant("https://evil.example/keys"),
			crit: fc.constantFrom([], ["exp"], ["b64"], null),
			b64: fc.boolean(),
			zip: fc.constant("DEF"),
		},
		{ requiredKeys: ["alg"] },
	);
	await fc.assert(
		fc.asyncProperty(header, part, (head, signature) =>
			checkRefused(`${base64url(JSON.stringify(head))}.${base64url(JSON.stringify(claims))}.${signature}`),
		),
		runs(50),
	);
});

test("G10 property: a good token that was cut, or of which one character is another, lets nobody in", async () => {
	const good = await mint();
	const last = good.length - 1;
	await fc.assert(
		fc.asyncProperty(fc.nat(last), fc.nat(last), fc.constantFrom(..."aZ0-_.=+/".split("")), async (cut, at, put) => {
			if (cut > 0) await checkRefused(good.slice(0, cut));
			// Of the last character only the upper bits are part of the signature.
			if (at < last && good[at] !== put) await checkRefused(good.slice(0, at) + put + good.slice(at + 1));
		}),
		runs(30),
	);
	expect(await outcomeOf(await knock(call, PATH, bearing(good)))).toBe("in");
});

test("G10 property: another's signature under these claims, and any other secret, let nobody in", async () => {
	await fc.assert(
		fc.asyncProperty(json, fc.string({ minLength: 1, maxLength: 80 }), async (sub, secret) => {
			fc.pre(secret !== SECRET);
			await checkRefused(await mint({}, secret.padEnd(32, "x")));
			const [head, , signature] = (await mint({ sub: "bob" })).split(".");
			await checkRefused(`${head}.${base64url(JSON.stringify({ ...claims, sub }))}.${signature}`);
		}),
		runs(30),
	);
});

test("G10 property: of a signed token whatever its claims hold, nobody is more than they say, and nothing fails", async () => {
	const secret = new TextEncoder().encode(SECRET);
	const any = fc.record(
		{
			sub: fc.oneof(
				json,
				fc.constantFrom("ada", "room:operator", "guest:0123456789abcdef", "__proto__", "a b", "x".repeat(200)),
			),
			aud: fc.oneof(fc.constant("rotunda"), fc.constant(["x", "rotunda"]), json),
			exp: fc.oneof(fc.constantFrom(inSeconds(600), Date.now() + 600_000, 1e300, -1, 0), json),
			nbf: fc.oneof(fc.constant(0), json),
			name: fc.oneof(json, fc.constantFrom("\u202e", "\ud800", "x".repeat(300), "Ada")),
			rooms: fc.oneof(fc.constantFrom(["*"], "*", "team-*", "*".repeat(500), ["TEAM-a"]), json),
			can: fc.oneof(fc.subarray([...CAPABILITIES]), fc.constant(["read", "__proto__", "admin"]), json),
		},
		{ requiredKeys: ["sub", "aud", "exp"] },
	);
	await fc.assert(
		fc.asyncProperty(any, async (payload) => {
			const token = await new SignJWT(payload as never).setProtectedHeader({ alg: "HS256" }).sign(secret);
			const knocked = await knock(call, PATH, bearing(token));
			if (!(knocked instanceof Guest)) {
				expect(await problemOf(knocked)).toMatch(/^40[13] (unauthorized|forbidden)$/);
				return;
			}
			await knocked.hears("caught-up");
			const [welcome] = await knocked.hears("welcome");
			expect(welcome?.me.id).toBe(payload.sub);
			expect(welcome?.me.id).toMatch(/^(?!guest:|room:)[A-Za-z0-9._~@:-]{1,128}$/);
			expect(payload.can).toEqual(expect.arrayContaining(welcome?.me.can ?? ["none"]));
			expect(welcome?.me.can).toContain("read");
			expect(welcome?.me.name).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]{1,128}$/u);
			await leave(knocked);
		}),
		runs(50),
	);
});
