/** A room's own routes look afresh before they say who is here (G9): whoever is gone is not told of, though no alarm has come. */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GRACE_MS, SILENCE_MS_MAX } from "../../src/protocol/limits.ts";
import { mint, SECRET } from "../mint.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { bearing, doorWith, enter, leave } from "./door.ts";
import type { Guest } from "./guest.ts";

const KEY = "an-operator-key-of-32-characters";
const call = doorWith({ TOKEN_SECRET: SECRET, OPERATOR_KEY: KEY });
const PATH = "/rooms/team-a";

beforeEach(bringUpArchive);
afterEach(async () => {
	vi.useRealTimers();
	await reset();
});

/** Lets time pass for those who look at the clock; no alarm comes for it. */
function pass(ms: number): void {
	const now = Date.now();
	vi.useFakeTimers({ toFake: ["Date"] });
	vi.setSystemTime(now + ms);
}

const join = async (sub: string): Promise<Guest> => enter(call, PATH, bearing(await mint({ sub })));

/** Who has left, as far as the room has heard. */
const gone = (): Promise<unknown[]> =>
	runInDurableObject(env.ROOMS.getByName("team-a"), (_, { storage }) =>
		[...storage.sql.exec("select member from roster where gone_since is not null")].map(({ member }) => member),
	);

/** How many are here, as each of the routes says that tells it. */
const ROUTES: [
	string,
	(read: (path: string, headers?: Record<string, string>) => Promise<unknown>) => Promise<unknown>,
][] = [
	["the summary", (read) => read(PATH)],
	[
		"the summary, as one asks who would join",
		async (read) => read(PATH, { Accept: "application/json", Authorization: `Bearer ${await mint({ sub: "cy" })}` }),
	],
	["the list of members", (read) => read(`${PATH}/members`)],
];

describe.each(ROUTES)("G9 %s", (_, ask) => {
	const read = async (path: string, headers: Record<string, string> = {}): Promise<unknown> => {
		const answer = await call(path, { headers: { Authorization: `Bearer ${KEY}`, ...headers } });
		expect(answer.status).toBe(200);
		const { count, members } = await answer.json<{ count: number; members?: { id: string }[] }>();
		if (members !== undefined) expect(members).toHaveLength(count);
		return count;
	};

	test("does not tell of a lone member who has fallen silent, and tells of one who has not", async () => {
		const ann = await join("ann");
		pass(SILENCE_MS_MAX - 5_000);
		expect(await ask(read)).toBe(1);
		pass(5_000);
		expect(await ask(read)).toBe(0);
		await ann.until(() => ann.closed !== null);
		expect(ann.closed?.code).toBe(4002);
	});

	test("does not tell of one whose grace is over, though its alarm is late", async () => {
		const [ann, bob] = [await join("ann"), await join("bob")];
		await leave(bob);
		await vi.waitFor(async () => expect(await gone()).toEqual(["bob"]));
		pass(GRACE_MS - 5_000);
		expect(await ask(read)).toBe(2);
		pass(5_000);
		expect(await ask(read)).toBe(1);
		await leave(ann);
	});
});
