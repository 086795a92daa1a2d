/** The wire as a bare WebSocket sees it, through `wrangler dev`. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { BareClient } from "../support/bare-client.ts";
import { type BuiltServer, builtServer } from "../support/built-server.ts";

const server = inject("server");
let lift: BuiltServer;
beforeAll(async () => {
	lift = await builtServer({ PUBLISH_PER_SECOND: "0" });
});
afterAll(async () => {
	await lift.dispose();
});

describe("a bare WebSocket", () => {
	test("gets a welcome, an event for its publish, presence when a second one comes, and pong for ping", async () => {
		const url = `${server}/rooms/bare`;
		const ada = new BareClient(url);
		const welcome = await ada.hears("welcome");
		expect(ada.heard[0]).toBe(welcome);
		expect(welcome).toMatchObject({ protocol: 1, room: "bare", head: 0, floor: 1, continuity: "fresh", count: 1 });
		expect((await ada.hears("caught-up")).head).toBe(0);
		ada.publish("a-1", { text: "hello" });
		expect(await ada.hears("event")).toMatchObject({ seq: 1, from: welcome.me.id, id: "a-1", name: "chat" });
		const ben = await BareClient.join(`${url}?name=Ben`);
		expect(await ada.hears("presence")).toMatchObject({ count: 2, joined: [{ name: "Ben" }], left: [], changed: [] });
		expect(ben.events).toMatchObject([{ seq: 1, data: { text: "hello" } }]);
		ada.socket.send("ping");
		await ada.waits(() => ada.frames.includes("pong"), "pong");
		await Promise.all([ada.close(), ben.close()]);
		expect(ada.closed?.code).toBe(1005);
	});

	test("a close is answered at once with its own code", async () => {
		const client = await BareClient.join(`${server}/rooms/closing`);
		await client.close(4321);
		expect(client.closed).toMatchObject({ code: 4321 });
	});

	test("G8 [E-1]: each refusal names its id and code, and the session lives on", async () => {
		const client = await BareClient.join(`${server}/rooms/refusals`);
		client.socket.send("{");
		client.send(
			{ type: "dance", id: "r-1" },
			{ type: "publish", id: "r-2", name: "chat" },
			{ type: "publish", id: "r-3", name: "room.mine", data: 1 },
			{ type: "publish", id: "r-4", name: "chat", data: 1, expect: 7 },
			{ type: "publish", id: "r-5", name: "chat", data: "x".repeat(40_000) },
			{ type: "job", id: "r-6", name: "dance", data: 1 },
			{ type: "moderate", id: "r-7", action: "lock" },
		);
		client.socket.send(new Uint8Array([1, 2, 3]));
		client.socket.send(JSON.stringify({ type: "publish", id: "r-8", name: "chat", data: "x".repeat(70_000) }));
		await client.hears("error", 10);
		expect(client.all("error").map((error) => "code" in error && [error.id, error.code])).toEqual([
			[undefined, "malformed"],
			["r-1", "unknown_type"],
			["r-2", "invalid"],
			["r-3", "reserved_name"],
			["r-4", "conflict"],
			["r-5", "too_large"],
			["r-6", "unknown_job"],
			["r-7", "forbidden"],
			[undefined, "binary_reserved"],
			[undefined, "too_large"],
		]);
		client.publish("r-9");
		expect((await client.hears("event")).seq).toBe(1);
	});

	test("G8: the 20th malformed message within a minute closes 4503", async () => {
		const client = await BareClient.join(`${server}/rooms/malformed`);
		for (let i = 0; i < 20; i++) client.socket.send("{");
		await client.waits(() => client.closed !== null, "closed");
		expect(client.closed?.code).toBe(4503);
		expect(client.all("error")).toHaveLength(20);
	});

	test("[J-7] a guest's key makes it the same guest again", async () => {
		const url = `${server}/rooms/guests`;
		const first = await BareClient.join(url);
		const key = first.welcome.resume ?? "";
		const again = await BareClient.join(url, ["rotunda.v1", `resume.${key}`]);
		expect(again.socket.protocol).toBe("rotunda.v1");
		expect(again.welcome.me.id).toBe(first.welcome.me.id);
		expect(again.welcome.count).toBe(1);
	});

	test("G4 [J-4] [R-2]: a client that resumes at any cursor gets exactly what it missed, or a reset with its reason", async () => {
		const url = `${lift.url}/rooms/resume`;
		const ada = await BareClient.join(url);
		for (let i = 1; i <= 12; i++) ada.publish(`p-${i}`, i);
		await ada.hears("event", 12);
		const { epoch } = ada.welcome;
		for (let seq = 0; seq <= 12; seq++) {
			const back = await BareClient.join(`${url}?since=${epoch}.${seq}&history=3`);
			expect(back.welcome).toMatchObject({ continuity: "resumed", head: 12, floor: 1 });
			expect(back.seqs).toEqual(Array.from({ length: 12 - seq }, (_, i) => seq + 1 + i));
			expect(back.heard.map((message) => message.type).filter((type) => type === "caught-up")).toHaveLength(1);
			await back.close();
		}
		for (const [since, reason] of [
			[`${epoch}.13`, "ahead"],
			["0123456789abcdef.3", "epoch"],
			["rubbish", "malformed"],
			[`${epoch}.-1`, "malformed"],
			["", "malformed"],
		]) {
			const back = await BareClient.join(`${url}?since=${since}&history=3`);
			expect(back.welcome).toMatchObject({ continuity: "reset", reason });
			expect(back.seqs).toEqual([10, 11, 12]);
			await back.close();
		}
	});

	test("a burst of 1,000 publishes reaches each of 100 sessions in at most 50 frames, in one order", async () => {
		const url = `${lift.url}/rooms/burst`;
		const all = await Promise.all(Array.from({ length: 100 }, () => BareClient.join(url)));
		const [ada] = all;
		if (ada === undefined) throw new Error("nobody came");
		await Promise.all(all.map((client) => client.waits(() => countOf(client) === 100, "all are told of")));
		for (const client of all) client.frames.length = 0;
		for (let i = 1; i <= 1000; i++) ada.publish(`b-${i}`, i);
		await Promise.all(all.map((client) => client.waits(() => client.events.length >= 1000, "1,000 events")));
		for (const client of all) {
			expect(client.seqs).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
			expect(client.frames.length).toBeLessThanOrEqual(50);
		}
		await Promise.all(all.map((client) => client.close()));
	});
});

describe("a refused join", () => {
	test.each([
		["/rooms/-bad", 400, "bad_room"],
		["/rooms/ok?history=201", 400, "bad_request"],
		["/rooms/ok?name=", 400, "bad_request"],
		[`/rooms/ok?name=${"x".repeat(65)}`, 400, "bad_request"],
	])("%s is a problem with a code", async (path, status, code) => {
		const answer = await fetch(`${server}${path}`, { headers: { Upgrade: "websocket" } }).catch(() => null);
		// fetch may not send Upgrade; the socket below is what counts.
		if (answer !== null && answer.status !== 200) expect(await answer.json()).toMatchObject({ status, code });
		const client = new BareClient(`${server}${path}`);
		await client.waits(() => client.closed !== null, "closed");
		expect(client.heard).toEqual([]);
	});
});

function countOf(client: BareClient): number {
	const counts = client.heard.flatMap((message) => ("count" in message ? [message.count] : []));
	return counts.at(-1) ?? 0;
}
