/** Heavy work through the real queue of the local platform: it leaves the room, and its outcome comes back. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { BareClient } from "../support/bare-client.ts";
import { type BuiltServer, builtServer } from "../support/built-server.ts";
import { byHand, Desk, SECRET } from "../support/desk.ts";
import { type JobLine, Operator } from "../support/operator.ts";
import { until } from "../support/until.ts";

let desk: Desk;
let server: BuiltServer;
let operator: Operator;
beforeAll(async () => {
	desk = await Desk.open();
	const vars = {
		DESK: desk.url,
		WEBHOOK_URL: `${desk.url}/hook`,
		WEBHOOK_SECRET: SECRET,
		// As much as there is: a receiver that takes less says so.
		WEBHOOK_MAX_EVENTS: "500",
		WEBHOOK_MAX_BYTES: "1048576",
		OPERATOR_KEY: "an-operator-key",
	};
	server = await builtServer(vars, "jobs");
	operator = new Operator(server.url, "an-operator-key");
});
afterAll(async () => {
	await server.dispose();
	desk.close();
});

const join = (room: string, protocols: string[] = []) => BareClient.join(`${server.url}/rooms/${room}`, protocols);
const again = (client: BareClient) => ["rotunda.v1", `resume.${client.welcome.resume}`];

test("a chat with a link is there at once, and its card comes later, once, to everyone", async () => {
	const [ann, bob] = [await join("news"), await join("news")];
	ann.publish("p1", { text: "read http://news.example/today" });
	expect((await bob.hears("event")).id).toBe("p1");
	const card = await bob.hears("event", 2);
	expect(card).toMatchObject({
		name: "room.job",
		data: { of: 1, result: { title: "The news", host: "news.example" } },
	});
	await ann.hears("event", 2);
	await operator.settled("news");
	expect(bob.events).toHaveLength(2);
	expect(await operator.history("news")).toEqual(bob.events);
});

test("a held event appears only when it is cleared; refused, its author alone learns why", async () => {
	const [ann, bob] = [await join("held"), await join("held")];
	const check = byHand();
	desk.work.check = check.work;
	ann.publish("p1", "fine", "held");
	expect(await ann.hears("job")).toMatchObject({ id: "p1", state: "held" });
	await until(check.isAsked, "the check runs");
	expect(await operator.history("held")).toEqual([]);
	expect(bob.events).toEqual([]);
	check.say({ verdict: "clear" });
	expect(await bob.hears("event")).toMatchObject({ id: "p1", data: "fine", seq: 1 });
	desk.work.check = () => ({ verdict: "refuse", reason: "It is rude." });
	ann.publish("p2", "rudeheld", "held");
	expect(await ann.hears("job", 3)).toMatchObject({
		id: "p2",
		state: "failed",
		error: { code: "rejected", message: "It is rude." },
	});
	await operator.settled("held");
	expect([bob.events.length, bob.all("job").length]).toEqual([1, 0]);
	expect(await operator.search("rudeheld")).toEqual([]);
});

test("what a review takes back is gone from history, replay, search, and from what a member resumes", async () => {
	const [ann, bob] = [await join("reviewed"), await join("reviewed")];
	const check = byHand();
	desk.work.check = check.work;
	ann.publish("p1", "rudereviewed", "reviewed");
	expect(await bob.hears("event")).toMatchObject({ data: "rudereviewed" });
	await until(check.isAsked, "the check runs");
	await bob.close();
	check.say({ verdict: "refuse", reason: "It is rude." });
	expect(await ann.hears("event", 2)).toMatchObject({ name: "room.redacted", data: { seq: 1 } });
	expect((await operator.history("reviewed"))[0]).toMatchObject({ seq: 1, data: null, redacted: true });
	const fresh = await join("reviewed");
	const back = await BareClient.join(`${server.url}/rooms/reviewed?since=${ann.welcome.epoch}.0`, again(bob));
	for (const one of [fresh, back]) expect(JSON.stringify(one.heard)).not.toContain("rudereviewed");
	await operator.settled("reviewed");
	expect(await operator.search("rudereviewed")).toEqual([]);
});

test("G5 a kind that fails 3 times succeeds; one that always fails is listed with its reason and succeeds on replay", async () => {
	const ann = await join("flaky");
	const runs: Record<string, number> = {};
	desk.work.flaky = (input) => {
		const name = String(input);
		runs[name] = (runs[name] ?? 0) + 1;
		if (runs[name] <= (name === "thrice" ? 3 : 4)) throw new Error(`Out of ${name}.`);
		return `${name} done`;
	};
	ann.publish("p1", "thrice", "flaky");
	expect((await ann.hears("event", 2)).data).toMatchObject({ of: 1, result: "thrice done" });
	ann.publish("p2", "paper", "flaky");
	await until(async () => (await operator.jobs("flaky", "failed")).length > 0, "it has failed for good");
	const [failed] = await operator.jobs("flaky", "failed");
	expect(failed).toMatchObject({
		name: "flaky",
		error: { code: "exhausted", message: expect.stringContaining("Out of paper.") },
	});
	expect(await operator.replay("flaky", failed?.job ?? "")).toBe(204);
	expect((await ann.hears("event", 4)).data).toMatchObject({ of: 3, result: "paper done" });
	expect(runs).toEqual({ thrice: 4, paper: 5 });
});

test("one who is away gets the outcome on the next join, and `received` stops it", async () => {
	const ann = await join("away");
	const sum = byHand();
	desk.work.sum = sum.work;
	ann.send({ type: "job", id: "j1", name: "sum", data: [1, 2] });
	const { job } = await ann.hears("job");
	await until(sum.isAsked, "it runs");
	await ann.close();
	sum.say(3);
	await until(async () => (await operator.get<JobLine>(`/rooms/away/jobs/${job}`)).state === "done", "it is settled");
	const back = await join("away", again(ann));
	expect(await back.hears("job")).toMatchObject({ id: "j1", job, state: "done", result: 3 });
	back.send({ type: "received", jobs: [job] });
	back.publish("after");
	await back.hears("event");
	await back.close();
	const third = await join("away", again(ann));
	expect(third.all("job")).toEqual([]);
});

test("G8 G10 kinds that are not asked for are `unknown_job`, and the backend's names `forbidden`", async () => {
	const ann = await join("bounds");
	for (const name of ["webhook", "archive", "check", "moderate", "nothing"])
		ann.send({ type: "job", id: name, name, data: {} });
	ann.publish("p1", 1, "price");
	await ann.hears("error", 6);
	expect(ann.all("error").map((error) => ("code" in error ? error.code : ""))).toEqual([
		...Array(5).fill("unknown_job"),
		"forbidden",
	]);
	expect(await operator.jobs("bounds")).toEqual([]);
});

test("a receiver that takes no more than 20 kB, and one event never, gets all others in order; that one is set aside and tried again", async () => {
	const ann = await join("picky");
	let isPicky = true;
	desk.answers = ({ room, events }, bytes) => {
		if (room !== "picky") return 204;
		if (bytes > 20_000) return 413;
		return isPicky && events.some(({ data }) => data === 137) ? 422 : 204;
	};
	for (let from = 1; from <= 400; from += 100) {
		ann.send(
			...Array.from({ length: 100 }, (_, i) => ({
				type: "publish" as const,
				id: `p${from + i}`,
				name: "free",
				data: from + i === 200 ? "x".repeat(15_000) : from + i,
			})),
		);
		await ann.hears("event", from + 99);
	}
	const { epoch } = ann.welcome;
	const others = Array.from({ length: 400 }, (_, i) => i + 1).filter((seq) => seq !== 137);
	await until(() => desk.seqsOf("picky", epoch).length === 399, "all others have arrived");
	expect(desk.seqsOf("picky", epoch)).toEqual(others);
	const [aside] = await operator.jobs("picky", "failed");
	expect(aside).toMatchObject({ name: "webhook", of: 137, error: { message: expect.stringContaining("422") } });
	isPicky = false;
	expect(await operator.replay("picky", aside?.job ?? "")).toBe(204);
	await until(() => desk.seqsOf("picky", epoch).includes(137), "it has arrived after all");
	await operator.settled("picky");
	expect(await operator.jobs("picky", "failed")).toEqual([]);
});

test("D1 and a receiver that are down for 20,000 events: none is refused, and both have all of them in order when they are back", async () => {
	const COUNT = 20_000;
	const ann = await join("down");
	desk.isReceiverDown = true;
	for (let from = 0; from < COUNT; from += 100) {
		ann.send(
			...Array.from({ length: 100 }, (_, n) => ({ type: "publish", id: `p${from + n}`, name: "x", data: from + n })),
		);
		await ann.waits(() => ann.events.length > from - 2000, "the publishes keep up");
	}
	await ann.waits(() => ann.events.length === COUNT, "all are published");
	await until(() => desk.refused.length > 0, "the receiver has refused");
	desk.isReceiverDown = false;
	const all = Array.from({ length: COUNT }, (_, n) => n + 1);
	const heard = () => desk.seqsOf("down", ann.welcome.epoch);
	await until(async () => {
		for (const { job } of await operator.jobs("down", "failed")) await operator.replay("down", job);
		return heard().length === COUNT;
	}, "the receiver has heard everything");
	expect(heard()).toEqual(all);
	expect(ann.all("error")).toEqual([]);
	const ids = desk.deliveries.filter(({ room }) => room === "down").map(({ id }) => id);
	expect(ids[0], "the id is the same on retries").toBe(desk.refused.find((id) => id.startsWith(ann.welcome.epoch)));
	await until(async () => {
		for (const { job } of await operator.jobs("down", "failed")) await operator.replay("down", job);
		const { rooms } = await operator.get<{ rooms: { room: string; head: number }[] }>("/rooms");
		return rooms.some(({ room, head }) => room === "down" && head === COUNT);
	}, "the archive has heard of the last");
	await operator.settled("down");
	expect(await operator.search("nothing")).toEqual([]);
});

test("a queue that hangs delays no broadcast", async () => {
	const [ann, bob] = [await join("stuck"), await join("stuck")];
	const started = Date.now();
	for (let n = 1; n <= 50; n++) {
		ann.publish(`p${n}`, { text: "http://news.example/" });
		await bob.hears("event", n);
	}
	expect(Date.now() - started, "50 round trips, ms").toBeLessThan(5_000);
	expect(ann.all("error")).toEqual([]);
});

test("G5 the server is killed with jobs in every state and started again: all settle, each once", async () => {
	const ann = await join("killed");
	const running = byHand();
	desk.work.sum = (input, room) => (input === 0 ? running.work(input, room) : Number(input) * 2);
	desk.work.check = () => new Promise(() => {});
	ann.send({ type: "job", id: "quick", name: "sum", data: 4 });
	await ann.hears("job", 2);
	ann.send({ type: "job", id: "j0", name: "sum", data: 0 });
	ann.publish("h1", "held back", "held");
	await until(running.isAsked, "one runs");
	// These wait behind it, were just handed over, or were only just accepted.
	ann.send(...[1, 2, 3].map((n) => ({ type: "job", id: `j${n}`, name: "sum", data: n })));
	await ann.waits(() => ann.all("job").length >= 7, "all are accepted");
	await server.kill();
	desk.work.sum = (input) => Number(input) * 2;
	desk.work.check = () => ({ verdict: "clear" });
	await server.start();
	const back = await join("killed", again(ann));
	const doneIds = () =>
		back.all("job").flatMap((notice) => ("state" in notice && notice.state === "done" ? [notice.id] : []));
	await until(
		() => doneIds().length >= 5 && back.events.length > 0,
		"all have settled",
		() => JSON.stringify(back.heard),
	);
	expect(doneIds().sort()).toEqual(["j0", "j1", "j2", "j3", "quick"]);
	expect(back.events.map(({ id }) => id)).toEqual(["h1"]);
	await operator.settled("killed");
});

test("a wipe during everything: nothing of it comes back", async () => {
	const ann = await join("wiped");
	const [check, sum] = [byHand(), byHand()];
	desk.work.check = check.work;
	desk.work.sum = sum.work;
	ann.publish("w1", { text: "wipedword http://news.example/" });
	ann.publish("w2", "wipedword", "reviewed");
	ann.publish("w3", "wipedword", "held");
	ann.send({ type: "job", id: "w4", name: "sum", data: 1 });
	await until(() => check.isAsked(), "the checks run");
	expect(await operator.wipe("wiped")).toBe(204);
	await ann.waits(() => ann.closed !== null, "closed");
	expect(ann.closed?.code).toBe(4502);
	check.say({ verdict: "clear" });
	sum.say(2);
	const back = await join("wiped", again(ann));
	back.publish("new", "newword", "x");
	await until(async () => (await operator.search("newword")).length === 1, "the new epoch is archived");
	await operator.settled("wiped");
	expect([back.events.map(({ id }) => id), back.all("job")]).toEqual([["new"], []]);
	expect(await operator.search("wipedword")).toEqual([]);
	expect(back.welcome).toMatchObject({ head: 0, epoch: expect.not.stringContaining(ann.welcome.epoch) });
});
