/** A canary for each secret: no token, key, address or message text is ever logged or told to another (G8). */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from "vitest";
import { Room } from "../../src/room/room.ts";
import { mint, SECRET } from "../mint.ts";
import { bearing, doorWith, enter, knock } from "./door.ts";
import { Guest } from "./guest.ts";

const CANARY = "canary-7f3a9c";
const ADDRESS = "203.0.113.211";
const KEY = `operator-${CANARY}`;
const VARS = { ACCESS: "token", TOKEN_SECRET: `${SECRET}-${CANARY}`, OPERATOR_KEY: KEY };
const call = doorWith(VARS);
const METHODS = ["log", "info", "warn", "error", "debug", "trace"] as const;

let spies: MockInstance[];
beforeEach(() => {
	spies = METHODS.map((method) => vi.spyOn(console, method).mockImplementation(() => {}));
});
afterEach(async () => {
	vi.restoreAllMocks();
	await reset();
});

const logged = (): string =>
	spies
		.flatMap(({ mock }) => mock.calls.flat())
		.map((part) => (part instanceof Error ? `${part.message} ${part.stack}` : String(part)))
		.join("\n");

/** Nothing of a caller's, nothing of the server's own: neither stack nor path nor what it runs on. */
function checkClean(text: string, own: readonly string[] = []): void {
	for (const secret of [CANARY, SECRET, ADDRESS, ...own]) expect(text).not.toContain(secret);
	expect(text).not.toMatch(/\bat .*\(|node_modules|\/src\/|\.ts:\d|SQLITE|workerd|TypeError|SyntaxError/);
}

const tokenOf = (claims: Record<string, unknown> = {}) => mint({ sub: CANARY, ...claims }, VARS.TOKEN_SECRET);
const poison = () =>
	runInDurableObject(env.ROOMS.getByName("team-a"), (_, { storage }) => {
		storage.sql.exec(
			"create trigger poison before insert on events when new.name = 'poison' begin select raise(abort, 'planted'); end",
		);
	});

test("G8 refusals at every door: their bodies and what is logged hold no secret", async () => {
	const good = await tokenOf();
	const bad = [await tokenOf({ exp: 1 }), await mint({ sub: CANARY }, "x".repeat(32)), `x.${CANARY}.y`, KEY.slice(1)];
	const from = { "CF-Connecting-IP": ADDRESS };
	for (const token of bad) {
		const authorized = { ...from, Authorization: `Bearer ${token}` };
		for (const path of [
			"/rooms",
			"/rooms/team-a",
			"/rooms/team-a/events",
			"/archive/search?q=x",
			"/rooms/team-a/jobs",
		]) {
			checkClean(await (await call(path, { headers: authorized })).text(), [token]);
		}
		const refused = await knock(call, "/rooms/team-a", { ...from, ...bearing(token) });
		if (refused instanceof Guest) throw new Error("The join was let in.");
		checkClean(await refused.text(), [token]);
		const told = await knock(call, "/rooms/team-a", { ...from, ...bearing(token), Origin: "https://rotunda.test" });
		if (!(told instanceof Guest)) throw new Error("A page is told by a socket.");
		await told.until(() => told.closed !== null);
		checkClean(JSON.stringify([told.heard, told.closed]), [token]);
	}
	for (const body of [CANARY, `{"${CANARY}":`, `{"name":7,"data":"${CANARY}"}`, `{"name":"room.${CANARY}","data":1}`]) {
		const headers = { ...from, Authorization: `Bearer ${good}`, "Idempotency-Key": CANARY };
		checkClean(
			(await (await call("/rooms/team-a/events", { method: "POST", body, headers })).text()).replace(CANARY, ""),
		);
		checkClean(await (await call("/rooms/team-a/moderation", { method: "POST", body, headers })).text());
	}
	checkClean(logged(), [good, ...bad]);
});

test("G8 a turn that throws at a member's event: the others and the log learn nothing of it", async () => {
	const token = await tokenOf();
	const ada = await enter(call, "/rooms/team-a", bearing(token));
	ada.publish("before");
	await ada.hears("event");
	await poison();
	ada.publish(`id-${CANARY}`, CANARY, "poison");
	const [refusal] = await ada.hears("error");
	expect(refusal).toMatchObject({ code: "internal" });
	checkClean(refusal?.message ?? "");
	expect(logged()).not.toBe("");
	for (const secret of [CANARY, token]) expect(logged()).not.toContain(secret);
});

test.each([
	["of one line", `planted ${CANARY}`],
	["of several lines", `planted\n${CANARY}\n    ${CANARY}\n`],
])("G8 an error %s that quotes what a member said is not logged with it", async (_, message) => {
	const token = await tokenOf();
	const ada = await enter(call, "/rooms/team-a", bearing(token));
	const turn = Room.prototype.turn;
	vi.spyOn(Room.prototype, "turn").mockImplementation(function (this: Room, inputs, now) {
		if (JSON.stringify(inputs).includes("planted")) throw new Error(message);
		return turn.call(this, inputs, now);
	});
	ada.publish("planted", CANARY);
	const [refusal] = await ada.hears("error");
	expect(refusal).toMatchObject({ code: "internal", id: "planted" });
	checkClean(refusal?.message ?? "");
	expect(logged()).not.toBe("");
	for (const secret of [CANARY, token]) expect(logged()).not.toContain(secret);
});

test("G8 a route that throws answers `internal`, and neither the answer nor the log quotes what was sent", async () => {
	const broken = doorWith({ ...VARS, ARCHIVE: { prepare: () => fail() } as unknown as string });
	function fail(): never {
		throw new Error(`no such table for ${CANARY}\n${CANARY}`);
	}
	const path = `/archive/search?q=${CANARY}`;
	const answer = await broken(path, { headers: { Authorization: `Bearer ${KEY}`, "CF-Connecting-IP": ADDRESS } });
	expect(answer.status).toBe(500);
	checkClean(await answer.text());
	expect(logged()).not.toContain(CANARY);
});
