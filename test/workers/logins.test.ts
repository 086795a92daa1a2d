/** The `admit` that is shown for each login, with a token of the shape that this login makes. */
import { reset } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import page from "../../docs/access.md?raw";
import { type LoginKey, loginKey, mint, SECRET } from "../mint.ts";
import { bearing, doorAdmitting, enter, knock, outcomeOf } from "./door.ts";
import { LOGINS, type Login } from "./logins.ts";
import source from "./logins.ts?raw";

const JWKS_URL = "https://login.example/logins.json";
const keys = new Map<string, LoginKey>();
beforeAll(async () => {
	for (const alg of ["RS256", "ES256"] as const) keys.set(alg, await loginKey(alg, alg));
	vi.stubGlobal("fetch", async () => Response.json({ keys: [...keys.values()].map(({ jwk }) => jwk) }));
});
afterAll(() => vi.unstubAllGlobals());
afterEach(reset);

const OF_OTHERS = { rooms: undefined, can: undefined, aud: undefined };

async function tokenOf({ alg, claims, vars }: Login, others: Record<string, unknown> = {}): Promise<string> {
	const iss = vars.TOKEN_ISSUER;
	const token = await keys.get(alg)?.sign({ ...OF_OTHERS, iss, ...claims, ...others });
	return token ?? "";
}

const doorOf = ({ vars, admit }: Login) =>
	doorAdmitting({ ACCESS: "token", TOKEN_JWKS_URL: JWKS_URL, TOKEN_SECRET: SECRET, ...vars }, admit);

describe.each(LOGINS)("$name", (login) => {
	test("a token of its shape is let in as the `admit` that is shown says, and nobody is called undefined", async () => {
		const ada = await enter(doorOf(login), `/rooms/${login.room}`, bearing(await tokenOf(login)));
		expect((await ada.hears("welcome"))[0]?.me).toMatchObject(login.me);
	});

	test("G10 a room that it does not open, and claims that do not open this one, are refused", async () => {
		const door = doorOf(login);
		for (const claims of login.strangers) {
			const token = bearing(await tokenOf(login, claims));
			for (const room of [login.room, "undefined"]) {
				expect(await outcomeOf(await knock(door, `/rooms/${room}`, token))).toBe("403 forbidden");
			}
		}
	});

	test("the page shows this `admit`, letter for letter", () => {
		const flat = (text: string): string => text.replaceAll(/\s+/g, " ");
		const after = source.slice(source.indexOf(`name: "${login.name}"`));
		const admit = after.slice(after.indexOf("admit:"), after.indexOf("\n\t\tme:"));
		expect(admit).toMatch(/^admit: \(/);
		expect(flat(page)).toContain(flat(admit));
		expect(page).toMatch(new RegExp(`\\| ${login.name} .*\\|`));
	});
});

describe("where TOKEN_AUDIENCE is empty", () => {
	const clerk = LOGINS.find(({ name }) => name === "Clerk") as Login;

	test("G10 `admit` alone decides: what a token says itself of rooms grants nothing, for it was made for anyone", async () => {
		const claims = { rooms: ["*"], can: ["read", "moderate"] };
		const token = bearing(await tokenOf(clerk, claims));
		const ada = await enter(doorOf(clerk), "/rooms/acme", token);
		expect((await ada.hears("welcome"))[0]?.me).toMatchObject(clerk.me);
		expect(await outcomeOf(await knock(doorOf(clerk), "/rooms/other", token))).toBe("403 forbidden");
	});

	test("G10 a token of one's own backend is for this server all the same", async () => {
		const door = doorOf(clerk);
		expect(await outcomeOf(await knock(door, "/rooms/team-a", bearing(await mint({ aud: "x" }))))).toBe(
			"401 unauthorized",
		);
		const none = bearing(await mint({ aud: undefined }));
		expect(await outcomeOf(await knock(door, "/rooms/team-a", none))).toBe("401 unauthorized");
		expect(await outcomeOf(await knock(door, "/rooms/team-a", bearing(await mint())))).toBe("in");
	});

	test("G10 and the issuer is asked for as before", async () => {
		const token = bearing(await tokenOf(clerk, { iss: "https://evil.example" }));
		expect(await outcomeOf(await knock(doorOf(clerk), "/rooms/acme", token))).toBe("401 unauthorized");
	});
});
