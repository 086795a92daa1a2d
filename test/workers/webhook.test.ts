/** The webhook: signed as the Standard Webhooks scheme says, in order, the same delivery on every retry. */
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Gone, type JobContext, type Range, TryAfter, Unacceptable } from "../../src/jobs/kind.ts";
import { webhook } from "../../src/jobs/webhook.ts";
import type { Event } from "../../src/protocol/messages.ts";
import { deliver as deliverLetter, PretendedRoom, ref } from "./letters.ts";

const SECRET = `whsec_${btoa("a secret of 32 bytes, more or less")}`;
const EVENTS: Event[] = ["chat", "order.paid", "order.sent", "room.job"].map((name, n) => ({
	type: "event",
	seq: n + 1,
	at: 1_700_000_000_000 + n,
	from: "ann",
	author: "Ann",
	name,
	data: { text: `€${n}` },
}));

interface Delivery {
	url: string;
	method: string;
	body: string;
	headers: Record<string, string>;
	redirect: string | undefined;
}

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
	vi.unstubAllGlobals();
});

/** A receiver that answers with these statuses, the last one for ever; gives what it was sent. */
function receiver(...statuses: number[]): Delivery[] {
	const deliveries: Delivery[] = [];
	vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
		const request = new Request(url, init);
		const headers = Object.fromEntries(request.headers);
		deliveries.push({ url, method: request.method, body: String(init.body), headers, redirect: init.redirect });
		const status = statuses[Math.min(deliveries.length, statuses.length) - 1] ?? 200;
		return new Response(null, { status, headers: status === 302 ? { Location: "https://elsewhere.example/" } : {} });
	});
	return deliveries;
}

function deliver(vars: object = {}, more: Partial<JobContext> = {}): Promise<unknown> {
	const range: Range = { from: 1, to: 4, events: EVENTS, head: 4, count: 1, asOf: 1, wiped: [], erased: [] };
	const bindings = { ...env, WEBHOOK_URL: "https://hook.example/in", WEBHOOK_SECRET: SECRET, ...vars };
	const signal = new AbortController().signal;
	return webhook.run(range, {
		env: bindings,
		room: "lobby",
		epoch: "e1",
		job: "e1-7",
		run: 1,
		signal,
		...more,
	} as never);
}

const verify = ({ body, headers }: Delivery) => new Webhook(SECRET).verify(body, headers);

test("a receiver written with the library accepts the delivery; body, order and ids are as documented", async () => {
	const deliveries = receiver(204);
	await deliver();
	const [delivery] = deliveries as [Delivery];
	expect(verify(delivery)).toEqual({
		type: "room.events",
		timestamp: new Date(1_700_000_000_003).toISOString(),
		data: { room: "lobby", epoch: "e1", events: EVENTS },
	});
	expect(delivery).toMatchObject({ url: "https://hook.example/in", method: "POST", redirect: "manual" });
	expect(delivery.headers).toMatchObject({ "webhook-id": "e1-7", "content-type": "application/json" });
});

test("a body that was altered, another id, another secret and an old timestamp are refused", async () => {
	const deliveries = receiver(200);
	await deliver();
	const [delivery] = deliveries as [Delivery];
	expect(() => verify({ ...delivery, body: delivery.body.replace("€0", "€9") })).toThrow();
	expect(() => verify({ ...delivery, headers: { ...delivery.headers, "webhook-id": "e1-8" } })).toThrow();
	expect(() => new Webhook(`whsec_${btoa("x".repeat(32))}`).verify(delivery.body, delivery.headers)).toThrow();
	vi.setSystemTime(Date.now() + 6 * 60_000);
	expect(() => verify(delivery)).toThrow(/timestamp/i);
});

test("two secrets sign both, so that a receiver may change from one to the other", async () => {
	const other = `whsec_${btoa("another secret of 32 bytes, or so")}`;
	const deliveries = receiver(200, 200);
	await deliver({ WEBHOOK_SECRET: `${SECRET} ${other}` });
	await deliver({ WEBHOOK_SECRET: `${other},${SECRET}` });
	for (const { body, headers } of deliveries) {
		for (const secret of [SECRET, other]) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
	}
});

describe("what an answer means", () => {
	test.each([400, 409, 413, 415, 422])("%d: an event in it is at fault, and is looked for", async (status) => {
		receiver(status);
		await expect(deliver()).rejects.toThrow(Unacceptable);
		await expect(deliver()).rejects.toThrow(new RegExp(String(status)));
	});

	test.each([301, 302, 307, 401, 403, 404, 405, 408, 418, 425, 429, 451, 500, 502, 503, 504])(
		"%d: the receiver is at fault, and the order is held",
		async (status) => {
			receiver(status);
			const error = await deliver().catch((thrown: unknown) => thrown);
			expect(error).toBeInstanceOf(TryAfter);
			expect(error).toMatchObject({ message: expect.stringContaining(String(status)), retryAfterMs: 0 });
		},
	);

	test("410: the receiver is gone, and nothing more is sent", async () => {
		receiver(410);
		await expect(deliver()).rejects.toThrow(Gone);
	});

	test.each([
		["120", 120_000],
		["0", 0],
		[" 7 ", 7_000],
		["Thu, 01 Jan 2099 00:00:30 GMT", 30_000],
		["Thu, 01 Jan 1970 00:00:00 GMT", 0],
		["-5", 0],
		["soon", 0],
		["", 0],
		["1e9", 0],
	])("Retry-After: %j is %d ms", async (header, ms) => {
		vi.setSystemTime(Date.UTC(2099, 0, 1));
		vi.stubGlobal("fetch", async () => new Response(null, { status: 503, headers: { "Retry-After": header } }));
		await expect(deliver()).rejects.toMatchObject({ retryAfterMs: ms });
	});

	test("silence is the receiver's fault too, and its address is not told: it may hold a secret", async () => {
		vi.stubGlobal("fetch", async (url: string) => Promise.reject(new TypeError(`cannot reach ${url}`)));
		const error = await deliver().catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(TryAfter);
		expect(String(error)).not.toContain("hook.example");
	});
});

test("through the consumer, what failed says whose fault it was and when to try again, in one line of the log", async () => {
	const lines: string[] = [];
	vi.spyOn(console, "warn").mockImplementation((line) => void lines.push(String(line)));
	const range = { from: 1, to: 4, events: JSON.stringify(EVENTS), head: 4, count: 1, asOf: 1, wiped: [], erased: [] };
	const outcomeOf = async (status: number, headers: HeadersInit = {}, run = 1): Promise<unknown> => {
		vi.stubGlobal("fetch", async () => new Response(null, { status, headers }));
		const room = new PretendedRoom();
		room.takeJob = async () => ({ kind: "webhook", input: "null", event: null, range });
		const bindings = { ...room.env, WEBHOOK_URL: "https://hook.example/in", WEBHOOK_SECRET: SECRET };
		const letter = { body: ref("e1-7", run) };
		expect(await deliverLetter([letter], { kinds: [], ranges: [webhook] }, bindings as Cloudflare.Env)).toEqual([
			"taken",
		]);
		return room.settled[0]?.outcome;
	};
	expect(await outcomeOf(422)).toMatchObject({ state: "failed", blame: "events" });
	expect(await outcomeOf(410)).toMatchObject({ state: "failed", blame: "gone", error: { code: "gone" } });
	expect(await outcomeOf(429, { "Retry-After": "600" })).toMatchObject({ blame: "receiver", retryAfterMs: 600_000 });
	vi.spyOn(Math, "random").mockReturnValue(0.999_999);
	const waits = [];
	for (const run of [1, 2, 3, 8, 9, 50])
		waits.push(((await outcomeOf(500, {}, run)) as { retryAfterMs: number }).retryAfterMs);
	expect(waits, "backing off to 5 minutes").toEqual([2_000, 4_000, 8_000, 256_000, 300_000, 300_000]);
	expect(lines).toHaveLength(9);
	for (const line of lines) {
		expect(line).toMatch(
			/^Job e1-7 \(events 1 to 4\) of the kind webhook in the room lobby, run \d+.*answered \d{3}.*\.$/,
		);
		expect(line).not.toMatch(/€|Ann|hook\.example/);
	}
});

test("every answer but 2xx is tried again, redirects are not followed, and the id is the same each time", async () => {
	const deliveries = receiver(500, 302, 404, 429, 200);
	for (const _ of [1, 2, 3, 4]) await expect(deliver()).rejects.toThrow(/answered/);
	await deliver({}, { run: 2 });
	expect(new Set(deliveries.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set(["e1-7"]));
	expect(new Set(deliveries.map(({ body }) => body)).size).toBe(1);
	expect(deliveries.map(({ url }) => url)).toEqual(Array(5).fill("https://hook.example/in"));
	expect(() => verify(deliveries[4] as Delivery)).not.toThrow();
});

test.each([
	["order.*", ["order.paid", "order.sent"]],
	["chat room.*", ["chat", "room.job"]],
	["*", ["chat", "order.paid", "order.sent", "room.job"]],
	["nothing", null],
])("WEBHOOK_EVENTS %j lets these through, in order: %j", async (WEBHOOK_EVENTS, names) => {
	const deliveries = receiver(200);
	await deliver({ WEBHOOK_EVENTS });
	const heard = deliveries.map(({ body }) => JSON.parse(body).data.events.map((event: Event) => event.name));
	expect(heard).toEqual(names === null ? [] : [names]);
});

test("G10 without a secret nothing is sent, and it says so", async () => {
	const deliveries = receiver(200);
	await expect(deliver({ WEBHOOK_SECRET: undefined })).rejects.toThrow(/WEBHOOK_SECRET/);
	expect(deliveries).toEqual([]);
});

test("a run that has taken too long gives up its request", async () => {
	vi.stubGlobal("fetch", (_: string, { signal }: RequestInit) => {
		return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))));
	});
	await expect(deliver({}, { signal: AbortSignal.timeout(30) })).rejects.toThrow(/did not answer/);
});

test("without WEBHOOK_URL the kind is not active, and owes nothing", () => {
	expect([webhook.isActive({}), webhook.isActive({ WEBHOOK_URL: "https://hook.example/" })]).toEqual([false, true]);
});
