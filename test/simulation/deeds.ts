/** What the steps of a plan do to the world. What they leave open is drawn from the step's own dice. */

import type { Refusal } from "../../src/protocol/codes.ts";
import type { PostModeration } from "../../src/protocol/http.ts";
import { OPERATOR } from "../../src/protocol/ids.ts";
import {
	FRAME_BYTES_MAX,
	MESSAGES_PER_FRAME_MAX,
	PRESENCE_BYTES_MAX,
	SIGNAL_BYTES_MAX,
} from "../../src/protocol/limits.ts";
import { jobId } from "../../src/room/jobs.ts";
import { BAD_STATE, STRICT } from "../room/house-rules.ts";
import { cutCable, runAhead, stepClock } from "./clock-steps.ts";
import { CLOSINGS } from "./closings.ts";
import { play, ponderMuch } from "./game.ts";
import { HEAVY } from "./heavy.ts";
import type { Person } from "./person.ts";
import type { Deed } from "./plan.ts";
import { put, set } from "./set-deeds.ts";
import type { World } from "./world.ts";

const NAMES = [
	"chat",
	"chat",
	"chat",
	"order",
	"held",
	"held",
	"lenient",
	"reviewed",
	"strict",
	"notice",
	"price",
	"plain",
];
const DATA = ["a", { b: [1, "c"] }, null, "http://x", "http://y", "rude", "odd", "hopeless", "good"];
const LONG_MS = [1_000, 9_000, 11_000, 31_000, 62_000, 90_000, 130_000];
const CURSORS = ["e1.0", "e1.2", "e2.1", "e1.99", "other.1", "nonsense", "e1.-1", ""];
const MODERATIONS = [
	["remove", 1],
	["ban", 1],
	["unban", 2],
	["mute", 1],
	["unmute", 2],
	["redact", 5],
	["lock", 0.5],
	["unlock", 2],
] as const;

type Do = (world: World, person: Person) => void;

export const DO: Readonly<Record<Deed, Do>> = {
	join: ({ random }, person) =>
		person.join(random.once(5) ? random.pick(CURSORS) : random.once(2) ? (person.page?.cursor ?? null) : null),
	leave: (_, person) => person.leave(),
	reload: (world, person) => {
		const cursor = person.page?.cursor ?? null;
		person.leave();
		world.clock.after(world.random.below(world.random.once(4) ? 14_000 : 300), () => person.join(cursor));
	},
	probe: (_, person) => person.connection?.back(),
	publish: (world, person) => publish(world, person),
	burst: (world, person) => {
		const count = world.random.between(2, 30);
		for (let i = 0; i < count; i++) publish(world, person);
	},
	republish: ({ random }, person) => {
		const before = random.pick(person.published);
		if (before === undefined) return;
		person.ask(random.once(2) ? before : { ...before, data: "another" });
	},
	big: (world, person) => {
		const data = "x".repeat(world.random.pick([150, 1_000, 30_000]));
		// Now and then more than one turn may take.
		const count = data.length < 10_000 ? 2 : world.random.once(4) ? 45 : 6;
		for (let i = 0; i < count; i++)
			person.ask({ type: "publish", id: world.newId(person.character.member), name: "plain", data });
	},
	history: (world, person) => {
		const { random } = world;
		const at = random.below(12);
		const limit = random.between(1, 20);
		const where = random.pick([{}, { before: at }, { after: at }]);
		const count = random.once(8) ? 12 : 1;
		for (let i = 0; i < count; i++)
			person.ask({ type: "history", id: world.newId(person.character.member), limit, ...where });
	},
	job: (world, person) => {
		const { random } = world;
		const name = random.pick(["sum", "sum", "card", "check", "none"]);
		const count = random.once(8) ? 14 : 1;
		for (let i = 0; i < count; i++)
			person.ask({
				type: "job",
				id: world.newId(person.character.member),
				name,
				data: random.pick(["1+1", "bad", "hopeless"]),
			});
	},
	signal: ({ random }, person) => {
		const to = random.once(2) ? { to: random.pick(["ada", "bob", "nobody"]) } : {};
		const count = random.once(5) ? 8 : 1;
		for (let i = 0; i < count; i++) person.connection?.signal({ type: "signal", name: "cursor", data: i, ...to });
	},
	presence: ({ random }, person) => {
		const count = random.once(8) ? 25 : 1;
		for (let i = 0; i < count; i++) person.connection?.setPresence(random.pick([null, "busy", { x: i }]));
	},
	hostile,
	flood: (_, person) => flood(person, 110),
	moderate: (world, person) => moderateByFrame(world, person),
	post: (world, person) => world.backend.post(world.random.once(3) ? OPERATOR : person.character.member),
	read: ({ backend }) => backend.read(),
	operate: (world) => world.backend.moderate(drawModeration(world)),
	erase: (world, person) => {
		// In the turn of the erasure, before it.
		if (world.random.once(2)) publish(world, person);
		world.backend.moderate({ action: "erase", member: person.character.member });
	},
	wipe: ({ backend, clock, random }) => {
		backend.wipe();
		// Some of what was posted comes again in the same turn.
		if (random.once(2)) for (let ms = 0; ms < 20; ms++) clock.after(ms, () => backend.repost());
	},
	replay: ({ backend, jury, random }) => {
		const { current } = jury.ledger;
		const failed = [...(current?.jobs.values() ?? [])].filter(({ state }) => state === "failed");
		if (failed.length > 0 && current !== null) backend.replay(jobId(current.name, random.pick(failed).n));
		else backend.replay("none");
	},
	cut: ({ random, coverage }, person) => {
		if (person.wire === null) return;
		coverage.reach("fault", "cut");
		person.wire.cut(random.below(30), random.below(3_000), random.below(2_000));
	},
	halfOpen: ({ random, coverage }, person) => {
		if (person.wire === null) return;
		coverage.reach("fault", "half-open");
		person.wire.die(random.once(2));
	},
	stall: ({ coverage }, person) => {
		if (person.wire === null) return;
		coverage.reach("fault", "stalled reader");
		person.wire.reads(false);
	},
	fallBehind: (world, person) => {
		const { wire } = person;
		if (wire === null) return;
		world.coverage.reach("fault", "stalled reader");
		wire.reads(false);
		// Some go on asking, and read none of the answers.
		if (world.random.once(3)) world.clock.after(6_000, () => flood(person, 12));
		// What it publishes meanwhile lands, and is trimmed with the rest before it could hear of it: by the second
		// trim, for the first spares what is younger than a minute.
		const publishes = world.random.once(2);
		if (publishes) world.clock.after(1_500, () => publish(world, person));
		const readsOnMs = publishes ? 140_000 : 80_000;
		// A frame each, until its buffer is full; then a frame now and then, so that neither end gives it up, for
		// longer than the history keeps what it missed.
		for (let i = 0; i < 60; i++) world.clock.after(i * 40, () => world.backend.post(OPERATOR));
		for (let ms = 8_000; ms < readsOnMs; ms += 8_000) world.clock.after(ms, () => wire.trickle(1));
		world.clock.after(readsOnMs, () => wire.reads(true));
		world.linger(readsOnMs + 5_000);
	},
	resume: (_, person) => person.wire?.reads(true),
	trickle: ({ random }, person) => person.wire?.trickle(random.between(1, 3)),
	lag: ({ random }, person) => {
		if (person.wire !== null) person.wire.lagMs = random.pick([2, 20, 400]);
	},
	sleep: ({ platform }) => void platform.sleep(),
	crash: ({ platform, coverage }) => {
		if (!platform.isAwake) return;
		coverage.reach("fault", "idle crash");
		platform.crash();
	},
	diskThrows: ({ platform, random, clock, backend }, person) => {
		const fault = { what: "throw", calls: random.below(8), times: random.pick([1, 1, 2, 3]) } as const;
		const arm = (): void => {
			platform.disk.fault = { ...fault };
		};
		if (!random.once(4)) return arm();
		// In a turn that takes much at once: someone joins while others speak.
		person.leave();
		person.join(null);
		for (let ms = 0; ms < 20; ms++) clock.after(ms, () => backend.post(OPERATOR));
		clock.after(random.between(5, 30), arm);
	},
	diskDies: ({ platform, random }) => {
		platform.disk.fault = { what: "die in it", calls: random.below(8), times: 1 };
	},
	diesAfter: ({ platform }) => {
		platform.disk.fault = { what: "die after it", calls: 0, times: 1 };
	},
	sendFails: ({ platform, random }) => {
		platform.sendFault = { after: random.between(1, 6), dies: random.once(2) };
	},
	clockAhead: ({ clock, random, coverage }) => {
		coverage.reach("fault", "clock ahead");
		clock.jump(random.pick([500, 5_000, 30_000, 100_000, 25 * 3_600_000]));
	},
	clockBack: ({ clock, random, coverage }) => {
		coverage.reach("fault", "clock back");
		clock.jump(-random.between(1, 3_000));
	},
	queueMood: ({ queue, random }) => {
		queue.mood = random.pick(["takes", "refuses", "hangs"]);
	},
	lose: ({ queue, random }) => {
		queue.lose = random.between(1, 3);
	},
	double: ({ queue, random }) => {
		queue.double = random.between(1, 4);
	},
	late: ({ queue, random }) => {
		queue.lateMs = random.pick([5, 200, 5_000, 40_000]);
	},
	consumerDies: ({ queue, random }) => {
		queue.deathAfter = random.between(1, 7);
		queue.deaths = random.once(4) ? 20 : 1;
	},
	kindFails: ({ kinds, random }) => {
		kinds.failures = random.between(1, 8);
	},
	pass: (world) => world.linger(world.random.pick(LONG_MS)),
	clockSteps: stepClock,
	cutCable,
	runAhead,
	...CLOSINGS,
	set,
	put,
	play,
	ponderMuch,
	...HEAVY,
};

/** Of no type that the room knows, which closes nobody: what is malformed would. */
function flood(person: Person, frames: number): void {
	const text = JSON.stringify(Array.from({ length: MESSAGES_PER_FRAME_MAX }, () => ({ type: "flood" })));
	for (let i = 0; i < frames; i++) person.rawly(text, null);
}

function publish(world: World, person: Person): void {
	const { random } = world;
	const expect = random.once(10)
		? { expect: random.once(2) ? random.below(8) : (world.jury.ledger.current?.head ?? 0) }
		: {};
	const data = random.once(12) ? "x".repeat(300) : random.pick(DATA);
	person.ask({ type: "publish", id: world.newId(person.character.member), name: random.pick(NAMES), data, ...expect });
}

function drawModeration(world: World): PostModeration {
	const { random, jury } = world;
	const action = random.weighted(MODERATIONS);
	if (action === "lock" || action === "unlock") return { action };
	if (action === "redact") return { action, seq: random.between(0, (jury.ledger.current?.head ?? 0) + 1) };
	const member = random.pick(["bob", "cy", "guest:gus", "guest:gil", "nobody"]);
	const seconds = random.once(2) ? { seconds: random.pick([1, 20]) } : {};
	return { action, member, ...seconds };
}

function moderateByFrame(world: World, person: Person): void {
	const id = world.newId(person.character.member);
	const may = person.character.can.includes("moderate");
	// One who may not is told so, whatever it wants.
	const expected = may ? null : ({ code: "forbidden", id } as const);
	world.jury.refusals.used(id);
	person.rawly(JSON.stringify({ type: "moderate", id, ...drawModeration(world) }), expected);
}

/** A frame that must be refused as it says, whatever else the room is at. */
function hostile(world: World, person: Person): void {
	const { random } = world;
	const id = world.newId(person.character.member);
	const say = (frame: unknown, code: Refusal["code"], named: string | null = id): void =>
		person.rawly(typeof frame === "string" ? frame : JSON.stringify(frame), { code, id: named ?? undefined });
	const long = (bytes: number): string => "y".repeat(bytes);
	const canSpeak = person.character.can.length > 1;
	const cases: (() => void)[] = [
		() => say("{", "malformed", null),
		// As an escape: a socket carries UTF-8, in which a lone surrogate cannot stand by itself.
		() => say('"\\ud800"', "malformed", null),
		() => say("[[]]", "malformed", null),
		() => say({ id }, "malformed"),
		() => say({ type: "toString", id }, "unknown_type"),
		() => say({ type: "welcome", id }, "unknown_type"),
		() => say({ type: "publish", id, name: "", data: 1 }, "invalid"),
		() => say({ type: "publish", id, name: "chat", data: 1, expect: -1 }, "invalid"),
		() => say({ type: "history", id, before: 1, after: 1 }, "invalid"),
		() => say({ type: "publish", id: long(65), name: "chat", data: 1 }, "invalid", null),
		() => say({ type: "publish", id: 7, name: "chat", data: 1 }, "invalid", null),
		() => say({ type: "publish", id, name: "room.job", data: 1 }, "reserved_name"),
		() => say(`"${long(FRAME_BYTES_MAX)}"`, "too_large", null),
		() => say(JSON.stringify(Array(MESSAGES_PER_FRAME_MAX + 1).fill({ type: "none" })), "too_large", null),
		() => person.rawly(new ArrayBuffer(8), { code: "binary_reserved", id: undefined }),
		() => {
			for (let i = 0; i < 25; i++) person.rawly("]", null);
		},
		() => {
			if (canSpeak) say({ type: "publish", id, name: "price", data: 1 }, "forbidden");
		},
		() => {
			const data = long(world.plan.settings.eventBytesMax + 1);
			person.rawly(JSON.stringify({ type: "publish", id, name: "plain", data }), null);
		},
		() => person.rawly(JSON.stringify({ type: "signal", name: "s", data: long(SIGNAL_BYTES_MAX + 1) }), null),
		() => person.rawly(JSON.stringify({ type: "presence", state: long(PRESENCE_BYTES_MAX + 1) }), null),
		() => person.rawly(JSON.stringify({ type: "signal", name: STRICT, data: random.pick(["good", "bad"]) }), null),
		() => person.rawly(JSON.stringify({ type: "presence", state: BAD_STATE }), null),
		() => person.rawly(JSON.stringify({ type: "publish", id, name: "unchecked", data: 1 }), null),
		() => person.rawly(JSON.stringify({ type: "job", id, name: "undone", data: 1 }), null),
		() => person.rawly(JSON.stringify({ type: "received", jobs: ["e1-1", "e1-2", "nonsense", "e2-1"] }), null),
	];
	random.pick(cases)();
}
