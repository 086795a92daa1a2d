/**
 * Worlds in which one is sent away while others go on in the same turn, and in which who may not join would read. Told
 * by the seed and not drawn: the seeds that are kept stay what they were.
 */
import { OPERATOR, SHARED_ADDRESS } from "../../src/protocol/ids.ts";
import { GRACE_MS, SILENCE_MS_MAX } from "../../src/protocol/limits.ts";
import type { Person } from "./person.ts";
import type { Plan, Step } from "./plan.ts";
import { Random } from "./random.ts";
import type { World } from "./world.ts";

export const CLOSING_DEEDS = [
	"closeAmid",
	"expireAmid",
	"readAs",
	"readLocked",
	"goSilent",
	"askDirectory",
	"banDeparted",
] as const;
export type ClosingDeed = (typeof CLOSING_DEEDS)[number];

type Do = (world: World, person: Person) => void;

/** When what is to come together comes. */
const TOGETHER_MS = 60;
/** So soon a room without work falls asleep again. */
const DOZE_MS = 4_000;
/** A directory is true by then. */
const DIRECTORY_MS_MAX = 10 * 60_000;
const STEPS_MIN = 3;
const STEPS_MAX = 7;

export const CLOSINGS: Readonly<Record<ClosingDeed, Do>> = {
	/** Of what comes in one instant the room takes the first alone, and the rest together. */
	closeAmid: (world, person) => {
		const { backend, clock, random } = world;
		const { member } = person.character;
		const others = world.people.filter((other) => other !== person && other.isLive);
		const reader = random.pick(world.people).character;
		const action = random.pick(["ban", "remove"] as const);
		clock.after(TOGETHER_MS - 1, () => {
			backend.post(OPERATOR, 1);
			expectWrong(world, person);
		});
		clock.after(TOGETHER_MS, () => {
			for (let i = 0; i < 3; i++) backend.post(OPERATOR, 0);
			speak(world, others, member);
			backend.readAs(reader);
			backend.moderate({ action, member }, 0);
			clock.after(0, () => {
				speak(world, others, member);
				speak(world, [person], member);
				backend.readAs(reader);
				backend.askDirectory();
			});
			backend.post(OPERATOR, 0);
		});
		if (action === "ban") clock.after(3_000, () => backend.moderate({ action: "unban", member }));
		world.linger(4_000);
	},

	/** The alarm of an expiry is late: something else comes before it. */
	expireAmid: (world) => {
		const { backend, clock, people } = world;
		const expiresAt = people.find(({ isLive, wire }) => isLive && wire !== null && wire.expiresAt !== null)?.wire
			?.expiresAt;
		const ms = (expiresAt ?? 0) - clock.roomNow;
		if (ms <= 0) return;
		world.coverage.reach("closing", "expired before its alarm");
		clock.jump(ms);
		backend.post(OPERATOR, null);
		backend.post(OPERATOR, null);
	},

	readAs: ({ backend }, person) => backend.readAs(person.character),

	readLocked: (world, person) => {
		const { backend, clock } = world;
		backend.moderate({ action: "lock" });
		for (const other of [person, ...world.people]) clock.after(200, () => backend.readAs(other.character));
		clock.after(300, () => backend.moderate({ action: "unlock" }));
		world.linger(400);
	},

	/** A cable is cut, and before a sweep finds it someone asks who is here. Seldom is anyone swept for who is alone. */
	goSilent: (world, person) => {
		const { backend, clock, random, people } = world;
		if (!person.isLive) return;
		const isAlone = random.once(2);
		if (isAlone) for (const other of people) if (other.character.member !== person.character.member) other.leave();
		person.wire?.die(random.once(2));
		const asksMs = SILENCE_MS_MAX + (isAlone ? GRACE_MS : 0) + 1_000 + random.below(20_000);
		clock.after(asksMs, () => backend.readAs(random.pick(world.people).character));
		world.linger(asksMs + 1_000);
	},

	askDirectory: (world) => {
		const { backend, clock, random, queue, kinds, platform } = world;
		backend.askDirectory();
		if (!random.once(3)) return;
		// From now on nothing hinders it.
		[queue.mood, queue.lose, queue.deathAfter, queue.lateMs, kinds.failures] = ["takes", 0, 0, 20, 0];
		[platform.disk.fault, platform.sendFault] = [null, null];
		// Nor does a sleep: half of them are asleep for most of it.
		if (random.once(2)) for (let ms = 0; ms < DIRECTORY_MS_MAX; ms += DOZE_MS) clock.after(ms, () => platform.sleep());
		clock.after(DIRECTORY_MS_MAX, () => backend.askDirectory(true));
		world.linger(DIRECTORY_MS_MAX + 1);
	},

	/** A guest has left, and is banned all the same: its address is remembered for a while. */
	banDeparted: (world) => {
		const { backend, clock, random } = world;
		const guest = random.pick(world.people.filter(({ character }) => character.address !== null));
		if (guest === undefined) return;
		const { member } = guest.character;
		guest.leave();
		const bansMs = GRACE_MS + random.between(1_000, 60_000);
		clock.after(bansMs, () => backend.moderate({ action: "ban", member }));
		clock.after(bansMs + 1_000, () => backend.moderate({ action: "unban", member }));
		world.linger(bansMs + 2_000);
	},
};

/** Sets an entry as it is not: that arrives in a millisecond. */
function expectWrong(world: World, person: Person): void {
	const { wire } = person;
	if (wire === null) return;
	wire.lagMs = 1;
	const id = `s${world.newId(person.character.member)}`;
	person.set([{ id, key: "topic", value: "a", expect: world.jury.state.versionOf("topic") + 1 }], true);
	wire.lagMs = 20;
}

/** What others hear of, and what one alone would. */
function speak(world: World, people: readonly Person[], to: string): void {
	for (const person of people) {
		const name = world.newId("signals");
		const { wire } = person;
		if (wire === null) continue;
		wire.lagMs = 1;
		person.rawly(
			JSON.stringify([
				{ type: "signal", name, data: to },
				{ type: "signal", name: `${name}-alone`, data: to, to },
				{ type: "presence", state: name },
			]),
			null,
		);
		person.ask({ type: "publish", id: world.newId(person.character.member), name: "chat", data: "a" });
		wire.lagMs = 20;
	}
}

/** The plan, or one in nineteen with these. */
export function closeAmid(plan: Plan): Plan {
	if (plan.seed % 19 !== 15) return plan;
	const random = new Random(plan.seed);
	const steps = [...plan.steps];
	for (let count = random.between(STEPS_MIN, STEPS_MAX); count > 0; count--) {
		const does = random.pick(CLOSING_DEEDS);
		const step: Step = { afterMs: random.below(500), does, who: random.below(plan.people.length), dice: random.word() };
		steps.splice(random.between(2, steps.length), 0, step);
	}
	const people = plan.people.map((person, index) => {
		// One whose tokens live for a while.
		if (index === 1) return { ...person, tokenMs: 25_000 };
		if (person.member === "guest:gus" && random.once(2)) return { ...person, address: `${SHARED_ADDRESS}a1` };
		// One who may ask for jobs, and say nothing.
		if (person.member === "guest:gil") return { ...person, can: ["read", "job"] as const };
		return person;
	});
	return { ...plan, steps, people };
}
