/** The webhook: signed as the Standard Webhooks scheme says, in order, the same delivery on every retry. */
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { afterEach, expect, test, vi } from "vitest";
import type { JobContext, Range } from "../../src/jobs/kind.ts";
import { webhook } from "../../src/jobs/webhook.ts";
import type { Event } from "../../src/protocol/messages.ts";

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
	await expect(deliver({}, { signal: AbortSignal.timeout(30) })).rejects.toThrow("aborted");
});

test("without WEBHOOK_URL the kind is not active, and owes nothing", () => {
	expect([webhook.isActive({}), webhook.isActive({ WEBHOOK_URL: "https://hook.example/" })]).toEqual([false, true]);
});
