/** Every kind of caller at the socket's door, and every message with and without its capability (G10). */
import { reset } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { CAPABILITIES, type CLIENT_MESSAGES } from "../../src/protocol/messages.ts";
import { type LoginKey, loginKey, mint } from "../mint.ts";
import { type CallerKind, CROSS_SITE, credentialsOf, KINDS, marksOf, PAGE, REFUSALS, VARS } from "./callers.ts";
import { bearing, doorWith, enter, knock, outcomeOf } from "./door.ts";
import type { Guest } from "./guest.ts";

const call = doorWith(VARS);

let rsa: LoginKey;
let stranger: LoginKey;
beforeAll(async () => {
	[rsa, stranger] = await Promise.all([loginKey("RS256", "login"), loginKey("RS256", "stranger")]);
	vi.stubGlobal("fetch", async () => Response.json({ keys: [rsa.jwk] }));
});
afterAll(() => vi.unstubAllGlobals());
afterEach(reset);

/** Those who get in; a program may come without an Origin, whatever else it says of itself. */
const ADMITTED: ReadonlySet<CallerKind> = new Set([
	"reader",
	"member",
	"member by a login",
	"member from a listed page",
	"browser without origin",
	"cookie without origin",
]);

/** An operator's key is no token. */
function expected(kind: CallerKind): string {
	if (marksOf(kind).Origin !== undefined && CROSS_SITE.has(kind)) return "403 origin_refused";
	if (ADMITTED.has(kind)) return "in";
	return kind.startsWith("operator") ? "401 unauthorized" : REFUSALS[kind];
}

/** What a page is told of the same, by a socket, for it cannot read a status. */
const told = (answer: string): string =>
	answer.replace("401 unauthorized", "4003 unauthorized").replace("403 forbidden", "4504 forbidden");

async function outcomes(origin: Record<string, string>): Promise<Partial<Record<CallerKind, string>>> {
	const found: Partial<Record<CallerKind, string>> = {};
	for (const kind of KINDS) {
		const credentials = await credentialsOf(kind, rsa, stranger);
		const offer = kind === "no bearer" ? `rotunda.v1, ${credentials}` : `rotunda.v1, bearer.${credentials}`;
		const headers = { "Sec-WebSocket-Protocol": credentials === null ? "rotunda.v1" : offer };
		found[kind] = await outcomeOf(await knock(call, "/rooms/team-a", { ...origin, ...headers, ...marksOf(kind) }));
	}
	return found;
}

test("G10 [J-9] a program's join: who is not proven is refused, in HTTP's words", async () => {
	expect(await outcomes({})).toEqual(Object.fromEntries(KINDS.map((kind) => [kind, expected(kind)])));
});

test("G10 [J-9] a listed page's join: the same refusals, by an error and a close code", async () => {
	const all = Object.fromEntries(
		KINDS.map((kind) => {
			const answer = expected(kind);
			return [kind, answer === "403 origin_refused" ? answer : told(answer)];
		}),
	);
	expect(await outcomes({ Origin: PAGE })).toEqual(all);
});

/** Each message, the capability that it asks for, and what shows that it was done. */
const MESSAGES: Record<
	keyof typeof CLIENT_MESSAGES,
	{ message: object; needs: string | null; beside?: string; done: string | null }
> = {
	publish: { message: { id: "m", name: "chat", data: 1 }, needs: "publish", done: "event" },
	set: { message: { id: "m", key: "topic", value: 1 }, needs: "publish", done: "state" },
	signal: { message: { name: "typing", data: 1 }, needs: "signal", done: "signal" },
	presence: { message: { state: { mood: "good" } }, needs: "presence", done: "presence" },
	job: {
		message: { id: "m", name: "unfurl", data: { url: "https://example.com" } },
		needs: "job",
		// What comes of it is told to everyone.
		beside: "publish",
		done: "job",
	},
	received: { message: { jobs: [] }, needs: null, done: null },
	history: { message: { id: "m" }, needs: "read", done: "history" },
	moderate: { message: { id: "m", action: "lock" }, needs: "moderate", done: null },
};

const typesAfter = (guest: Guest, from: number): string[] => guest.heard.slice(from).map(({ type }) => type);

async function joined(can: readonly string[]): Promise<Guest> {
	const guest = await enter(call, "/rooms/team-m", bearing(await mint({ can })));
	return guest;
}

describe.each(Object.entries(MESSAGES))("G10 [A-1] the message %s", (type, { message, needs, beside, done }) => {
	/** Says it, and then something that every member may and that is answered: what came between is the answer. */
	async function answers(guest: Guest): Promise<string[]> {
		const from = guest.heard.length;
		guest.say([
			{ type, ...message },
			{ type: "history", id: "after" },
		]);
		await guest.until(() => guest.heard.some((each) => each.type === "history" && each.id === "after"));
		return typesAfter(guest, from);
	}

	// Who may not read is not in the room at all.
	if (needs !== null && needs !== "read") test("with every other capability is forbidden, and does nothing", refused);
	async function refused(): Promise<void> {
		const guest = await joined(CAPABILITIES.filter((each) => each !== needs));
		const watcher = await joined(["read"]);
		const from = watcher.heard.length;
		expect((await answers(guest)).toSorted()).toEqual(["error", "history"]);
		const id = "id" in message ? { id: "m" } : {};
		expect(guest.heard.find((each) => each.type === "error")).toMatchObject({ code: "forbidden", ...id });
		await answers(watcher);
		expect(typesAfter(watcher, from)).not.toContain(done);
	}

	test("with that capability alone is done", async () => {
		const guest = await joined(["read", needs, beside].filter((each) => each != null));
		const heard = await answers(guest);
		expect(heard).not.toContain("error");
		if (done !== null) expect(heard).toContain(done);
	});
});

test("G10 a token that comes as `Authorization` to the socket's door is checked too: a bad one makes no guest", async () => {
	const open = doorWith({ ...VARS, ACCESS: "open" });
	for (const authorization of [`Bearer ${await mint({}, "another key, and long enough")}`, "Bearer x", "Basic eDp5"]) {
		const knocked = await knock(open, "/rooms/team-a", { Authorization: authorization });
		expect(await outcomeOf(knocked), authorization).toBe("401 unauthorized");
	}
	const ada = await knock(call, "/rooms/team-a", { Authorization: `Bearer ${await mint()}` });
	expect(await outcomeOf(ada)).toBe("in");
});

test("G10 [J-6] where guests are let in, a bad token by subprotocol makes no guest either", async () => {
	const open = doorWith({ ...VARS, ACCESS: "open" });
	for (const kind of KINDS.filter((each) => !expected(each).startsWith("in") && !CROSS_SITE.has(each))) {
		const credentials = await credentialsOf(kind, rsa, stranger);
		if (credentials === null || kind === "no bearer") continue;
		expect(await outcomeOf(await knock(open, "/rooms/team-a", bearing(credentials))), kind).toBe(expected(kind));
	}
});

test("G10 [J-6] a token in the query, the path or a cookie is not seen", async () => {
	const token = await mint();
	for (const path of [`/rooms/team-a?token=${token}`, `/rooms/team-a?bearer=${token}&access_token=${token}`]) {
		expect(await outcomeOf(await knock(call, path, { Cookie: `token=${token}` }))).toBe("401 unauthorized");
	}
});

test("G10 [J-8] guests who may not read do not get in, and those who may, may no more than GUEST_CAN", async () => {
	expect(await outcomeOf(await knock(doorWith({ GUEST_CAN: "" }), "/rooms/team-a"))).toBe("403 forbidden");
	expect(await outcomeOf(await knock(doorWith({ GUEST_CAN: "publish" }), "/rooms/team-a"))).toBe("403 forbidden");
	const guest = await enter(doorWith({ GUEST_CAN: "read signal" }), "/rooms/team-a");
	expect(await guest.hears("welcome")).toMatchObject([{ me: { can: ["read", "signal"] } }]);
});
