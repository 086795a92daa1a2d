/**
 * Deeds that bring a turn near the bounds of what one may cost, and the worlds that have them: one in sixty-one, of
 * few people, with nothing in the settings that would stop them sooner. Each keeps to what a client may do.
 */
import { FRAME_BYTES_MAX, HISTORY_PER_SECOND, MESSAGES_PER_FRAME_MAX } from "../../src/protocol/limits.ts";
import type { Settings } from "../../src/protocol/settings.ts";
import type { Person } from "./person.ts";
import type { Plan, Step } from "./plan.ts";
import { Random } from "./random.ts";
import type { World } from "./world.ts";

export const HEAVY_DEEDS = ["askForMuch", "repeat", "stuff", "shout", "startMuch", "eraseMuch"] as const;
export type HeavyDeed = (typeof HEAVY_DEEDS)[number];

type Do = (world: World, person: Person) => void;

const LARGE = "x".repeat(30_000);
/** By then what was published before has its place. */
const STORED_MS = 400;

export const HEAVY: Readonly<Record<HeavyDeed, Do>> = {
	/** Pages of large events, more than one turn may tell; someone joins meanwhile. */
	askForMuch: (world, person) => {
		publishLarge(world, person, 5);
		world.clock.after(STORED_MS, () => {
			const pages = Array.from({ length: 2 * HISTORY_PER_SECOND }, () => ({
				type: "history" as const,
				id: world.newId(person.character.member),
				limit: 4,
			}));
			// The room is at work when they come, and takes them together.
			for (let i = 0; i < 8; i++) say(person, [{ type: "received", jobs: [] }]);
			// Some by hand in one frame; for the others the client waits.
			say(person, pages.slice(4));
			for (const page of pages.slice(0, 4)) person.ask(page);
			for (const other of world.people) other.join(null);
		});
		world.linger(2 * STORED_MS);
	},

	/** A publish and an ask, over and over: more often than anyone may repeat, and within one turn. */
	repeat: (world, person) => {
		const { member } = person.character;
		const publish = { type: "publish", id: world.newId(member), name: "plain", data: "again" } as const;
		const job = { type: "job", id: world.newId(member), name: "sum", data: "1+1" } as const;
		person.ask(publish);
		person.ask(job);
		world.clock.after(STORED_MS, () => {
			for (let i = 0; i < 14; i++) say(person, Array(MESSAGES_PER_FRAME_MAX).fill(i % 3 === 2 ? job : publish));
		});
		world.linger(2 * STORED_MS);
	},

	/** Frames as large as they may be, faster than turns take them. Of no type that the room knows. Others say little. */
	stuff: (world, person) => {
		const text = JSON.stringify({ type: "stuff", of: "y".repeat(FRAME_BYTES_MAX - 100) });
		for (let i = 0; i < 150; i++) person.rawly(text, null);
		for (let ms = 0; ms < 40; ms += 4) {
			world.clock.after(ms, () => {
				for (const other of world.people) if (other !== person) say(other, [{ type: "received", jobs: [] }]);
			});
		}
		world.linger(STORED_MS);
	},

	/** Large events, more of them than one member may say at once. */
	shout: (world, person) => {
		publishLarge(world, person, 76);
		world.linger(STORED_MS);
	},

	/** Links, more of them than one member's events may start cards for. */
	startMuch: (world, person) => {
		for (let i = 0; i < 6; i++) publishSmall(world, person, "http://x");
		world.linger(STORED_MS);
	},

	/** One that has said much is erased. */
	eraseMuch: (world, person) => {
		const { member } = person.character;
		publishSmall(world, person, "soon gone");
		publishSmall(world, person, "soon gone");
		const job = { type: "job", id: world.newId(member), name: "sum", data: "1+1" } as const;
		person.ask(job);
		world.clock.after(STORED_MS, () => {
			world.backend.moderate({ action: "erase", member });
			// While its rows still go it asks what came of it.
			for (let ms = 0; ms < 60; ms += 4) world.clock.after(ms, () => say(person, [job]));
		});
		world.linger(2 * STORED_MS);
	},
};

function say(person: Person, messages: readonly unknown[]): void {
	person.rawly(JSON.stringify(messages), null);
}

function publishLarge(world: World, person: Person, count: number): void {
	for (let i = 0; i < count; i++)
		person.ask({ type: "publish", id: world.newId(person.character.member), name: "plain", data: LARGE });
}

/** A whole frame of them. */
function publishSmall(world: World, person: Person, data: string): void {
	const { member } = person.character;
	const publishes = Array.from({ length: MESSAGES_PER_FRAME_MAX }, () => {
		const id = world.newId(member);
		world.jury.idempotency.published(member, id, "chat", data, undefined);
		return { type: "publish", id, name: "chat", data };
	});
	say(person, publishes);
}

/** How many of the drawn steps a heavy world keeps: what is heavy meets what is usual. */
const STEPS_KEPT = 10;
const PEOPLE_KEPT = 3;

const SETTINGS: Partial<Settings> = {
	publishPerSecond: 50,
	historyEventsMax: 10_000,
	historyBytesMax: 2 ** 30,
	roomSessionsMax: 5000,
	memberSessionsMax: 10,
	eventBytesMax: 32_768,
};

/** The plan, or a heavy one in its place. Told by the seed and not drawn: the seeds that are kept stay what they were. */
export function weighDown(plan: Plan): Plan {
	if (plan.seed % 61 !== 53) return plan;
	const random = new Random(plan.seed);
	const does = HEAVY_DEEDS[Math.floor(plan.seed / 61) % HEAVY_DEEDS.length] as HeavyDeed;
	const heavy: Step = { afterMs: 500, does, who: 0, dice: random.word() };
	const [first, second, ...drawn] = plan.steps as [Step, Step, ...Step[]];
	const steps = [first, second, heavy, ...drawn.slice(0, STEPS_KEPT), { ...heavy, dice: random.word() }];
	const settings = { ...plan.settings, ...SETTINGS, ...(does === "startMuch" ? { publishPerSecond: 0 } : {}) };
	return { ...plan, settings, steps, people: plan.people.slice(0, PEOPLE_KEPT), scale: 1 };
}
