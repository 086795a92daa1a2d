/** What a token's claims may look like: as the makers of tokens write them, and nobody who is nobody. */
import { reset } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { inSeconds, mint, SECRET } from "../mint.ts";
import { bearing, doorAdmitting, doorWith, enter, knock, outcomeOf } from "./door.ts";
import { Guest } from "./guest.ts";

afterEach(async () => {
	vi.useRealTimers();
	await reset();
});

const call = doorWith({ ACCESS: "token", TOKEN_SECRET: SECRET });
const knockWith = async (claims: Record<string, unknown>) => knock(call, "/rooms/team-a", bearing(await mint(claims)));
const outcome = async (claims: Record<string, unknown>) => outcomeOf(await knockWith(claims));

async function sentence(claims: Record<string, unknown>): Promise<string> {
	const knocked = await knockWith(claims);
	if (knocked instanceof Guest) throw new Error("The join was let in.");
	const { detail } = await knocked.json<{ detail: string }>();
	return detail;
}

async function meOf(claims: Record<string, unknown>) {
	const ada = await enter(call, "/rooms/team-a", bearing(await mint(claims)));
	const [welcome] = await ada.hears("welcome");
	return welcome?.me;
}

describe("`nbf` and `iat` may be up to 30 s ahead, for two clocks differ; `exp` is exact", () => {
	test.each(["nbf", "iat"])("%s", async (claim) => {
		expect(await outcome({ [claim]: inSeconds(25) })).toBe("in");
		expect(await outcome({ [claim]: inSeconds(40) })).toBe("401 unauthorized");
		expect(await sentence({ [claim]: inSeconds(40) })).toMatch(/not valid yet.*30 s/);
		expect(await outcome({ [claim]: inSeconds(-86_400) })).toBe("in");
	});

	test("a token ends in the second that it says, and not a moment later", async () => {
		const exp = inSeconds(60);
		const token = bearing(await mint({ exp }));
		vi.useFakeTimers({ toFake: ["Date"] });
		vi.setSystemTime(exp * 1000);
		const knocked = await knock(call, "/rooms/team-a", token);
		if (knocked instanceof Guest) throw new Error("The join was let in.");
		expect(await knocked.text()).toMatch(/has expired/);
		vi.setSystemTime(exp * 1000 + 20_000);
		expect(await outcomeOf(await knock(call, "/rooms/team-a", token))).toBe("401 unauthorized");
	});
});

test.each(["exp", "nbf", "iat"])("%s in milliseconds is refused by a sentence that says so", async (claim) => {
	expect(await sentence({ [claim]: Date.now() + 600_000 })).toMatch(
		new RegExp(`^The token's \`${claim}\` .*milliseconds`),
	);
});

test("all three in milliseconds, as a backend that mistakes the unit sends them, are refused so too", async () => {
	const now = Date.now();
	expect(await sentence({ iat: now, nbf: now, exp: now + 600_000 })).toMatch(/milliseconds/);
});

test.each(["read publish", "read,publish", " read,  publish\n"])("`can` as one text, %j, is a list", async (can) => {
	expect(await meOf({ can })).toMatchObject({ can: ["read", "publish"] });
});

test("G10 a text that only holds a capability's name within it grants nothing", async () => {
	expect(await outcome({ can: "readonly unread read-all" })).toBe("403 forbidden");
	expect(await outcome({ can: { read: true } })).toBe("403 forbidden");
});

test("`rooms` as one text is a list too", async () => {
	expect(await meOf({ rooms: "lobby team-*" })).toMatchObject({ id: "ada" });
	expect(await outcome({ rooms: "lobby,team" })).toBe("403 forbidden");
});

describe("nobody is called undefined", () => {
	test.each([undefined, null, "undefined", "null", "", 7, {}])("a token whose name is %j: its id", async (name) => {
		expect(await meOf({ name })).toMatchObject({ id: "ada", name: "ada" });
	});

	test.each(["undefined", "null"])(
		"G10 a `sub` that is %j is no member: all who have none would be one",
		async (sub) => {
			expect(await outcome({ sub })).toBe("401 unauthorized");
		},
	);

	test.each([undefined, null, "undefined", 7])("an `admit` that gives the name %j: the member's id", async (name) => {
		const admitting = doorAdmitting({ TOKEN_SECRET: SECRET }, () => ({
			member: "ada",
			name: name as string,
			can: ["read"],
		}));
		const ada = await enter(admitting, "/rooms/a", bearing(await mint({ rooms: undefined, can: undefined })));
		expect(await ada.hears("welcome")).toMatchObject([{ me: { name: "ada" } }]);
	});

	test("G10 an `admit` that makes a text of a claim that is missing admits nobody", async () => {
		const admitting = doorAdmitting({ TOKEN_SECRET: SECRET }, ({ oid }) => ({
			member: String(oid),
			name: "A",
			can: ["read"],
		}));
		const token = bearing(await mint({ rooms: undefined, can: undefined }));
		expect(await outcomeOf(await knock(admitting, "/rooms/a", token))).toBe("401 unauthorized");
	});

	test("[J-2] a guest whose page wrote a missing name into the address is a guest without one", async () => {
		const ann = await enter(doorWith({}), "/rooms/a?name=undefined");
		const [welcome] = await ann.hears("welcome");
		expect(welcome?.me.name).toMatch(/^Guest [0-9a-f]{4}$/);
	});
});

test("an `admit` may give what it grants as one text, and what it leaves out is refused, not failed at", async () => {
	const token = bearing(await mint({ rooms: undefined, can: undefined }));
	const admitting = (can: unknown) =>
		doorAdmitting({ TOKEN_SECRET: SECRET }, () => ({ member: "ada", name: "Ada", can: can as ["read"] }));
	const ada = await enter(admitting("read publish"), "/rooms/a", token);
	expect(await ada.hears("welcome")).toMatchObject([{ me: { can: ["read", "publish"] } }]);
	for (const can of [undefined, null, "unread", 7]) {
		expect(await outcomeOf(await knock(admitting(can), "/rooms/a", token))).toBe("403 forbidden");
	}
});
