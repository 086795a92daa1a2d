/** The consumer under everything that a queue, a kind and a room can do to it: a job settles once (G5). */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deadLettersPage, keepDeadLetter } from "../../src/jobs/archive/dead-letters.ts";
import { backoffSeconds, leaseMs, NonRetryableError } from "../../src/jobs/kind.ts";
import { DEAD_LETTER_UNITS_MAX, DEAD_LETTERS_KEPT_MAX } from "../../src/protocol/job-limits.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { join } from "./guest.ts";
import { deliver, deliverUntilTaken, kindOf, PretendedRoom, ref } from "./letters.ts";
import { overhear } from "./overheard.ts";

beforeEach(bringUpArchive);
afterEach(() => {
	vi.unstubAllGlobals();
	return reset();
});

const only = (run: Parameters<typeof kindOf>[0], more = {}) => ({ kinds: [kindOf(run, more)], ranges: [] });

test("G5 a kind that fails 3 times succeeds at the 4th attempt, and only then is the message taken", async () => {
	const room = new PretendedRoom();
	const said = overhear();
	let runs = 0;
	const kinds = only(async () => {
		if (++runs <= 3) throw new Error("not yet");
		return { runs };
	});
	expect(await deliverUntilTaken(ref(), kinds, room.env)).toBe(4);
	expect(room.settled).toEqual([{ job: "e1-1", run: 1, outcome: { state: "done", result: { runs: 4 } } }]);
	expect(said).toHaveLength(3);
	for (const line of said) expect(line).toMatch(/^Job e1-1 of the kind unfurl.* tried again in \d s\.$/);
});

test("G5 a kind that always fails is settled as failed with its reason, after all of its attempts", async () => {
	const room = new PretendedRoom();
	const said = overhear();
	const kinds = only(async () => Promise.reject(new Error("The page answered 500.")));
	expect(await deliverUntilTaken(ref(), kinds, room.env)).toBe(4);
	expect(room.settled).toMatchObject([
		{ outcome: { state: "failed", error: { code: "exhausted", message: expect.stringContaining("answered 500.") } } },
	]);
	expect(said.at(-1)).toMatch(/attempt 4: .* failed for good\.$/);
});

test("every line says by which code a run failed, and away from home nothing that an error quotes", async () => {
	const said = overhear();
	const error = Object.assign(new Error("no key for ann@example.com"), { name: "BackendError", code: "unauthorized" });
	await deliverUntilTaken(
		ref(),
		only(() => Promise.reject(error)),
		new PretendedRoom().env,
	);
	expect(said).toHaveLength(4);
	for (const line of said) expect(line).toMatch(/: BackendError \(unauthorized\) – /);
	expect(said.join()).not.toContain("ann@");
});

test("an error that cannot heal fails at once, with its own code", async () => {
	const room = new PretendedRoom();
	const kinds = only(async () => Promise.reject(new NonRetryableError("no_page", "There is no page.")));
	expect(await deliver([{ body: ref() }], kinds, room.env)).toEqual(["taken"]);
	expect(room.settled).toMatchObject([
		{ outcome: { state: "failed", error: { code: "no_page", message: "There is no page." } } },
	]);
});

test("G5 where the room cannot be told, the work is done again and settles once", async () => {
	const room = new PretendedRoom();
	room.fails = 2;
	let runs = 0;
	expect(
		await deliverUntilTaken(
			ref(),
			only(async () => ++runs),
			room.env,
		),
	).toBe(3);
	expect([runs, room.settled.length]).toEqual([3, 1]);
});

test("a run that hangs is given up after runMsMax, whatever it makes of its signal", async () => {
	const room = new PretendedRoom();
	const said = overhear();
	const kinds = only(() => new Promise(() => {}), {
		runMsMax: 50,
		retry: { attempts: 1, firstSeconds: 1, mostSeconds: 1 },
	});
	expect(await deliver([{ body: ref() }], kinds, room.env)).toEqual(["taken"]);
	expect(room.settled).toMatchObject([{ outcome: { error: { message: expect.stringContaining("too long") } } }]);
	expect(said).toHaveLength(1);
});

test("one bad message never holds up its batch", async () => {
	const room = new PretendedRoom();
	const said = overhear();
	const slow = new PretendedRoom();
	const bindings = { ...env, ROOMS: { getByName: (name: string) => (name === "slow" ? slow : room) } };
	const kinds = only(async (_, context) => (context.room === "slow" ? new Promise(() => {}) : "quick"), {
		runMsMax: 300,
	});
	const delivered = deliver(
		[{ body: ref("e1-1", 1, { room: "slow" }) }, { body: "nonsense" }, { body: ref() }],
		kinds,
		bindings as unknown as Cloudflare.Env,
	);
	await vi.waitFor(() => expect(room.settled).toHaveLength(1));
	expect(slow.settled).toHaveLength(0);
	expect(await delivered).toEqual(["again", "taken", "taken"]);
	expect(said).toEqual([expect.stringContaining("in the room slow")]);
});

test("an unknown kind, and an input that its kind does not take, fail at once and say so", async () => {
	const unknown = new PretendedRoom();
	unknown.kind = "gone";
	expect(
		await deliver(
			[{ body: ref() }],
			only(async () => 1),
			unknown.env,
		),
	).toEqual(["taken"]);
	expect(unknown.settled).toMatchObject([{ outcome: { state: "failed", error: { code: "unknown_job" } } }]);
	const { unfurl } = await import("../../src/jobs/unfurl.ts");
	const wrong = new PretendedRoom();
	wrong.takeJob = async () => ({ kind: "unfurl", input: "7", event: null, range: null });
	expect(await deliver([{ body: ref() }], { kinds: [unfurl], ranges: [] }, wrong.env)).toEqual(["taken"]);
	expect(wrong.settled).toMatchObject([{ outcome: { state: "failed", error: { code: "invalid" } } }]);
});

test("an input that its kind does not take says which field it is, and what is expected there", async () => {
	const input = v.object({ item: v.string(), count: v.number() });
	const room = new PretendedRoom();
	room.takeJob = async () => ({ kind: "unfurl", input: '{"item":"tea","count":"secret"}', event: null, range: null });
	await deliver([{ body: ref() }], { kinds: [kindOf(async () => 1, { input })], ranges: [] }, room.env);
	const [{ outcome } = { outcome: null }] = room.settled;
	expect(outcome).toMatchObject({ error: { code: "invalid", message: expect.stringMatching(/`count`.* number/) } });
	expect(JSON.stringify(outcome)).not.toContain("secret");
});

test("a kind knows who asked, by what name, and the event that it is about", async () => {
	const contexts: unknown[] = [];
	const kinds = only(async (_, { member, name, event }) => contexts.push([member, name, event]));
	const event = { type: "event", seq: 0, at: 1, from: "ann", author: "Ann", id: "p1", name: "held", data: "hm" };
	for (const task of [
		{ event: null, by: { member: "ann", name: "Ann" } },
		{ event: JSON.stringify(event), by: { member: "ann", name: "Ann" } },
		// As a room of an older version tells it.
		{ event: null },
	]) {
		const room = new PretendedRoom();
		room.takeJob = async () => ({ kind: "unfurl", input: "{}", range: null, ...task });
		await deliver([{ body: ref() }], kinds, room.env);
	}
	expect(contexts).toEqual([
		["ann", "Ann", null],
		["ann", "Ann", event],
		[null, "", null],
	]);
});

describe("a kind that throws", () => {
	const secret = "what somebody said";
	const logOf = async (host: string | undefined, attempts = 1): Promise<string> => {
		const lines: unknown[] = [];
		for (const level of ["log", "info", "warn", "error", "debug"] as const)
			vi.spyOn(console, level).mockImplementation((...said) => void lines.push(...said));
		const kinds = only(async () => Promise.reject(new TypeError(secret)));
		await deliver([{ body: ref("e1-1", 1, { host }), attempts }], kinds, new PretendedRoom().env);
		vi.restoreAllMocks();
		return lines.map((line) => (line instanceof Error ? line.stack : String(line))).join("\n");
	};

	test.each(["localhost:8787", "127.0.0.1:8787", "[::1]:8787"])("prints its name and stack at %s", async (host) => {
		expect(await logOf(host)).toMatch(/TypeError: what somebody said[\s\S]*consumer\.test/);
	});

	test.each(["rooms.example", undefined])("prints its name and nothing that it says at %s", async (host) => {
		for (const attempts of [1, 4]) {
			const log = await logOf(host, attempts);
			expect(log).toMatch(/^Job e1-1 of the kind unfurl in the room lobby.*TypeError.*\.$/);
			expect(log).not.toContain(secret);
		}
	});
});

describe("the queue of dead letters", () => {
	const dead = { state: "failed", error: { code: "dead_letter" } };

	test.each([
		"rotunda-dead-jobs",
		"rotunda-dead-jobs-staging",
		"staging-rotunda-dead-jobs",
		"preview_dead_letters",
		"rotunda-dlq",
	])("is known by its name: %s", async (queue) => {
		const room = new PretendedRoom();
		const kinds = only(async () => Promise.reject(new Error("must not run")));
		expect(await deliver([{ body: ref() }], kinds, room.env, queue)).toEqual(["taken"]);
		expect(room.settled).toMatchObject([{ outcome: dead }]);
	});

	test.each(["rotunda-jobs", "rotunda-jobs-staging", "deadline-jobs", "undead"])(
		"is none that is called %s",
		async (queue) => {
			const room = new PretendedRoom();
			await deliver(
				[{ body: ref() }],
				only(async () => "done"),
				room.env,
				queue,
			);
			expect(room.settled).toMatchObject([{ outcome: { state: "done", result: "done" } }]);
		},
	);

	test("is the one that DEAD_JOBS_QUEUE names, and then no other", async () => {
		const run = async (queue: string) => {
			const room = new PretendedRoom();
			const bindings = { ...room.env, DEAD_JOBS_QUEUE: "given-up" } as unknown as Cloudflare.Env;
			await deliver(
				[{ body: ref() }],
				only(async () => "done"),
				bindings,
				queue,
			);
			return room.settled[0]?.outcome;
		};
		expect(await run("given-up")).toMatchObject(dead);
		expect(await run("rotunda-dead-jobs")).toMatchObject({ state: "done" });
	});
});

test.each([
	["of another version", { ...ref(), v: 2 }],
	["without a version", { room: "lobby", epoch: "e1", job: "e1-1" }],
])("a message %s is settled as failed where its room is known", async (_, body) => {
	const room = new PretendedRoom();
	expect(
		await deliver(
			[{ body }],
			only(async () => 1),
			room.env,
		),
	).toEqual(["taken"]);
	expect(room.settled).toMatchObject([{ job: "e1-1", outcome: { state: "failed", error: { code: "dead_letter" } } }]);
});

test("messages whose room nobody can tell are kept in D1, as they came", async () => {
	const bodies = ["nonsense", 7, null, [1], { v: 9, job: "x" }, { room: 1, epoch: "e", job: "j" }];
	const results = await deliver(
		bodies.map((body) => ({ body })),
		only(async () => 1),
	);
	expect(results).toEqual(bodies.map(() => "taken"));
	const { results: rows } = await env.ARCHIVE.prepare("select queue, body, reason from dead_letters order by id").all();
	expect(rows.map(({ body }) => JSON.parse(body as string))).toEqual(expect.arrayContaining(bodies));
	expect(rows[0]).toMatchObject({ queue: "rotunda-jobs", reason: expect.stringMatching(/\.$/) });
});

test("dead letters are read page by page, the newest first, each cut to what a page can hold", async () => {
	await env.ARCHIVE.exec("delete from dead_letters");
	for (let i = 0; i < 7; i++) await keepDeadLetter(env.ARCHIVE, "q", JSON.stringify("x".repeat(5_000)), `Reason ${i}.`);
	const reasons: string[] = [];
	for (let cursor: string | null = null; ; ) {
		const page = await deadLettersPage(env.ARCHIVE, 3, cursor);
		for (const { reason, body } of page?.letters ?? []) {
			reasons.push(reason);
			expect(body).toHaveLength(DEAD_LETTER_UNITS_MAX);
		}
		if (cursor === null) await keepDeadLetter(env.ARCHIVE, "q", "{}", "Meanwhile.");
		if (page?.next === undefined) break;
		cursor = page.next;
	}
	expect(reasons).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `Reason ${i}.`));
	for (const forged of ["", "0", "-1", "1e3", "x", "9".repeat(30)]) {
		expect(await deadLettersPage(env.ARCHIVE, 3, forged)).toBe(null);
	}
});

test("no more dead letters are kept than DEAD_LETTERS_KEPT_MAX", async () => {
	await env.ARCHIVE.exec("delete from dead_letters");
	await env.ARCHIVE.prepare(
		`insert into dead_letters (at, queue, body, reason) with recursive n (i) as (select 1 union all select i + 1 from n
			where i < ?) select i, 'q', '{}', '' from n`,
	)
		.bind(DEAD_LETTERS_KEPT_MAX)
		.run();
	await keepDeadLetter(env.ARCHIVE, "q", "{}", "The newest.");
	const count = await env.ARCHIVE.prepare("select count(*) as n from dead_letters").first("n");
	expect(count).toBe(DEAD_LETTERS_KEPT_MAX);
});

test("a dead letter settles its job as failed, with the run that it was", async () => {
	const room = new PretendedRoom();
	const kinds = only(async () => Promise.reject(new Error("must not run")));
	expect(await deliver([{ body: ref("e1-1", 3) }], kinds, room.env, "rotunda-dead-jobs")).toEqual(["taken"]);
	expect(room.settled).toMatchObject([{ run: 3, outcome: { state: "failed", error: { code: "dead_letter" } } }]);
});

test("the delay between attempts grows, is random, and never passes its bound; a lease is longer than all of them", () => {
	const retry = { attempts: 6, firstSeconds: 2, mostSeconds: 20 };
	const most = [1, 2, 3, 4, 5, 6].map((attempt) => backoffSeconds(retry, attempt, 0.999_999));
	expect(most).toEqual([2, 4, 8, 16, 20, 20]);
	expect(backoffSeconds(retry, 5, 0.5)).toBe(10);
	expect(leaseMs({ retry, runMsMax: 1_000 })).toBeGreaterThan(6 * 1_000 + (2 + 4 + 8 + 16 + 20) * 1000);
});

/** A real room in which a job is asked for; what the real queue delivers of it hangs. */
async function realJob() {
	vi.stubGlobal("fetch", () => new Promise(() => {}));
	const ann = await join("/rooms/lobby");
	ann.say({ type: "job", id: "j1", name: "unfurl", data: { url: "http://slow.example/" } });
	const [notice] = await ann.hears("job");
	const [welcome] = await ann.hears("welcome");
	const epoch = welcome?.epoch ?? "";
	return { ann, epoch, body: (run = 1) => ref(notice?.job, run, { epoch }) };
}

test("G5 three deliveries in reverse, and one more after all is done: the room has one outcome", async () => {
	const { ann, body } = await realJob();
	let runs = 0;
	const kinds = only(async () => ({ title: `run ${++runs}` }));
	const letters = [3, 2, 1].map((attempts) => ({ body: body(), attempts }));
	expect(await deliver(letters, kinds)).toEqual(["taken", "taken", "taken"]);
	expect(await deliver(letters, kinds)).toEqual(["taken", "taken", "taken"]);
	ann.publish("after");
	await ann.hears("event", 2);
	expect(ann.heard.filter((message) => message.type === "event").map(({ name }) => name)).toEqual(["room.job", "chat"]);
	expect(ann.heard.filter((message) => message.type === "job" && message.state === "done")).toHaveLength(1);
	expect(runs).toBeLessThanOrEqual(3);
});

test("G5 messages of a wiped epoch, of a room that never was, and of a run to come are taken and do nothing", async () => {
	const { body } = await realJob();
	let runs = 0;
	const kinds = only(async () => ++runs);
	expect(
		await deliver([{ body: { ...body(), epoch: "wiped" } }, { body: ref("e-1", 1, { room: "never" }) }], kinds),
	).toEqual(["taken", "taken"]);
	expect(runs).toBe(0);
});

test("G5 done after its lease by the old run, and failed late: it is done", async () => {
	const { ann, epoch } = await realJob();
	const stub = env.ROOMS.getByName("lobby");
	const job = `${epoch}-1`;
	await stub.settleJob(epoch, job, 1, { state: "done", result: 1 });
	await stub.settleJob(epoch, job, 2, { state: "failed", error: { code: "x", message: "y" } });
	await stub.settleJob(epoch, job, null, { state: "failed", error: { code: "x", message: "y" } });
	const [, told] = await ann.hears("job", 2);
	expect(told).toMatchObject({ state: "done", result: 1 });
	expect(await stub.job(job)).toMatchObject({ json: expect.stringContaining('"state":"done"') });
});
