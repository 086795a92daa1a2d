/** G5 G8: whatever lies in the queue, the consumer takes it or asks for it again, and settles nothing that it does not name. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { json } from "../protocol/messages.ts";
import { runs } from "../runs.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { join } from "./guest.ts";
import { deliver, kindOf, PretendedRoom, ref } from "./letters.ts";

beforeEach(bringUpArchive);
afterEach(() => {
	vi.unstubAllGlobals();
	return reset();
});

const queue = fc.constantFrom("rotunda-jobs", "rotunda-dead-jobs");
const noKinds = { kinds: [kindOf(async () => 1)], ranges: [] };

/** A reference that is right but for some of its fields, or anything. */
const letter = (right: object) =>
	fc.oneof(
		fc
			.dictionary(fc.constantFrom("v", "room", "epoch", "job", "run", "host", "__proto__", "later"), json, {
				maxKeys: 3,
			})
			.map((wrong) => ({ ...right, ...wrong })),
		fc.subarray(Object.entries(right)).map((fields) => Object.fromEntries(fields) as object),
		json,
		// What a queue can carry, and JSON cannot.
		fc.constantFrom<unknown[]>(
			undefined,
			1n,
			Number.NaN,
			new Date(Number.NaN),
			new Map([[1, 2]]),
			[1n],
			new Uint8Array(3),
		),
	);

test("G8 property: every letter is taken or comes again, and a room hears only of the job that one names", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(letter(ref()), { minLength: 1, maxLength: 3 }), queue, async (bodies, from) => {
			const room = new PretendedRoom();
			const became = await deliver(
				bodies.map((body) => ({ body })),
				noKinds,
				room.env,
				from,
			);
			expect(became).not.toContain("neither");
			const named = bodies.map((body) => (body as { job?: unknown } | null | undefined)?.job);
			for (const { job } of room.settled) expect(named).toContain(job);
		}),
		runs(20),
	);
});

test("G8 a letter that JSON cannot hold is kept as far as it can be, and not tried again in vain", async () => {
	const round: { self?: unknown } = {};
	round.self = round;
	expect(await deliver([{ body: 1n }, { body: round }, { body: undefined }], noKinds)).toEqual([
		"taken",
		"taken",
		"taken",
	]);
	const { results } = await env.ARCHIVE.prepare("select body from dead_letters").all<{ body: string }>();
	expect(results).toHaveLength(3);
});

test("G5 G8 property: of a real room's one job only a letter that names it, its epoch and its room settles it", async () => {
	vi.stubGlobal("fetch", () => new Promise(() => {}));
	const ann = await join("/rooms/lobby");
	ann.say({ type: "job", id: "j1", name: "unfurl", data: { url: "http://slow.example/" } });
	const [notice] = await ann.hears("job");
	const [welcome] = await ann.hears("welcome");
	const right = { ...ref(notice?.job), epoch: welcome?.epoch } as Record<string, unknown>;
	const field = fc.constantFrom("room", "epoch", "job");
	const twist = fc.constantFrom<(text: string) => string>(
		() => "",
		(text) => `${text} `,
		(text) => `${text}0`,
		(text) => `0${text}`,
		(text) => text.slice(0, -1),
		(text) => `${text}\u0000`,
		(text) => text.replace("-", "-0"),
		(text) => `${text}X`,
	);
	await fc.assert(
		fc.asyncProperty(field, twist, queue, async (name, twisted, from) => {
			const wrong = twisted(String(right[name]));
			fc.pre(wrong !== right[name]);
			await deliver([{ body: { ...right, [name]: wrong } }], noKinds, env, from);
		}),
		runs(15),
	);
	ann.publish("after");
	await ann.hears("event");
	expect(ann.heard.filter(({ type }) => type === "job")).toHaveLength(1);
	expect(await env.ROOMS.getByName("lobby").job(String(notice?.job))).not.toMatchObject({
		json: expect.stringContaining('"state":"done"'),
	});
	await deliver([{ body: right }], noKinds);
	expect((await ann.hears("job", 2))[1]).toMatchObject({ state: "done" });
});
