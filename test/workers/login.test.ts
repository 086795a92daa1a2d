/** `admit`: a login's own tokens, which say nothing of rooms, made members by the app. */
import { reset } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { AppDefinition } from "../../src/jobs/definition.ts";
import { ISSUER, JWKS_URL, type LoginKey, loginKey, SECRET } from "../mint.ts";
import { bearing, doorAdmitting, doorWith, enter, knock, outcomeOf } from "./door.ts";
import { Guest } from "./guest.ts";

const VARS = {
	ACCESS: "token",
	TOKEN_SECRET: SECRET,
	TOKEN_JWKS_URL: `${JWKS_URL}?admit`,
	TOKEN_ISSUER: ISSUER,
};
const call = doorWith(VARS);
let key: LoginKey;
beforeAll(async () => {
	key = await loginKey("RS256", "k1");
	vi.stubGlobal("fetch", async () => Response.json({ keys: [key.jwk] }));
});
afterAll(() => vi.unstubAllGlobals());
afterEach(reset);

type Admit = NonNullable<AppDefinition["admit"]>;
const NEITHER = { rooms: undefined, can: undefined };

async function joins(admit: Admit, claims: Record<string, unknown> = NEITHER): Promise<Guest | Response> {
	return knock(doorAdmitting(VARS, admit), "/rooms/team-a", bearing(await key.sign(claims)));
}

async function admitted(admit: Admit, claims: Record<string, unknown> = NEITHER): Promise<Guest> {
	return enter(doorAdmitting(VARS, admit), "/rooms/team-a", bearing(await key.sign(claims)));
}

test("G10 without `admit` a login's token opens nothing", async () => {
	expect(await outcomeOf(await knock(call, "/rooms/team-a", bearing(await key.sign(NEITHER))))).toBe("403 forbidden");
});

test("the proven claims and the room are asked about, and the answer is the member", async () => {
	const admit = vi.fn<Admit>((claims) => ({ member: `org7:${claims.sub}`, name: "Ada L.", can: ["read", "publish"] }));
	const ada = await admitted(admit, { ...NEITHER, email: "ada@example.com" });
	expect(await ada.hears("welcome")).toMatchObject([
		{ me: { id: "org7:ada", name: "Ada L.", can: ["read", "publish"] } },
	]);
	expect(admit).toHaveBeenCalledTimes(1);
	expect(admit.mock.calls[0]).toMatchObject([{ sub: "ada", email: "ada@example.com", iss: ISSUER }, "team-a"]);
});

test("G10 it is asked of no token that is not proven, and of none that says itself what it opens", async () => {
	const admit = vi.fn<Admit>(() => ({ member: "ada", name: "Ada", can: ["read"] }));
	const asking = doorAdmitting(VARS, admit);
	const stranger = await loginKey("RS256", "k1");
	for (const [token, outcome] of [
		[await stranger.sign(NEITHER), "401 unauthorized"],
		[await key.sign({ ...NEITHER, exp: 1 }), "401 unauthorized"],
		[await key.sign({ ...NEITHER, aud: "other" }), "401 unauthorized"],
		[await key.sign({ ...NEITHER, iss: "https://evil.example/" }), "401 unauthorized"],
		[await key.sign({ rooms: ["other"], can: undefined }), "403 forbidden"],
		[await key.sign({ rooms: undefined, can: ["read"] }), "403 forbidden"],
		[await key.sign({ rooms: null, can: null }), "403 forbidden"],
	] as const) {
		expect(await outcomeOf(await knock(asking, "/rooms/team-a", bearing(token)))).toBe(outcome);
	}
	expect(admit).not.toHaveBeenCalled();
});

const WRONG: [string, unknown, string][] = [
	["null", null, "403 forbidden"],
	["undefined", undefined, "403 forbidden"],
	["nothing that may be read", { member: "ada", name: "Ada", can: ["publish"] }, "403 forbidden"],
	["a capability that there is not", { member: "ada", name: "Ada", can: ["admin", "*"] }, "403 forbidden"],
	["the operator", { member: "room:operator", name: "Op", can: ["read"] }, "401 unauthorized"],
	["a guest", { member: "guest:0123456789abcdef", name: "G", can: ["read"] }, "401 unauthorized"],
	["a member that is no text", { member: 7, name: "Ada", can: ["read"] }, "401 unauthorized"],
	["a member with a space", { member: "ada lovelace", name: "Ada", can: ["read"] }, "401 unauthorized"],
];

test.each(WRONG)("G10 an `admit` that gives %s lets nobody in", async (_, admission, outcome) => {
	expect(await outcomeOf(await joins(() => admission as null))).toBe(outcome);
	expect(await outcomeOf(await joins(async () => admission as null))).toBe(outcome);
});

test("G10 an `admit` that throws lets nobody in, and what it says stays here", async () => {
	const faults = vi.spyOn(console, "error").mockImplementation(() => {});
	const knocked = await joins(() => {
		throw new Error("canary-7f3a: no database");
	});
	if (knocked instanceof Guest) throw new Error("The join was let in.");
	expect(knocked.status).toBe(500);
	expect(await knocked.text()).not.toContain("canary");
	expect(JSON.stringify(faults.mock.calls)).not.toContain("canary");
	faults.mockRestore();
});

test("a name that is none, or is not clean, is made one", async () => {
	const name = "\u202eAda\u200b\u0007\n Lovelace";
	const ada = await admitted(() => ({ member: "ada", name, can: ["read"] }));
	expect(await ada.hears("welcome")).toMatchObject([{ me: { name: "Ada Lovelace" } }]);
	const bob = await admitted(() => ({ member: "bob", name: "\u200b", can: ["read"] }));
	expect(await bob.hears("welcome")).toMatchObject([{ me: { name: "bob" } }]);
});
