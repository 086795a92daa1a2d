/** A world's plan: its settings, its people and its steps, drawn from the seed before anything happens. */
import type { Capability } from "../../src/protocol/messages.ts";
import type { RangeRule } from "../../src/protocol/rules.ts";
import { readSettings, type Settings } from "../../src/protocol/settings.ts";
import { range } from "../room/house-rules.ts";
import { unsettleClock } from "./clock-steps.ts";
import { type ClosingDeed, closeAmid } from "./closings.ts";
import { follow } from "./followers.ts";
import { layGame } from "./game.ts";
import { type HeavyDeed, weighDown } from "./heavy.ts";
import type { Character } from "./person.ts";
import { Random } from "./random.ts";
import type { Temper } from "./receiver.ts";
import { layState } from "./set-deeds.ts";

/** What a step does, and how often, against the others. */
export const DEEDS = {
	// People.
	join: 14,
	leave: 3,
	reload: 4,
	probe: 1,
	publish: 30,
	burst: 4,
	republish: 4,
	big: 2,
	history: 3,
	job: 6,
	signal: 2,
	presence: 5,
	hostile: 8,
	flood: 0.1,
	moderate: 4,
	// Backends and operators.
	post: 5,
	read: 2,
	operate: 3,
	erase: 0.7,
	wipe: 0.5,
	replay: 1,
	// The network.
	cut: 4,
	halfOpen: 1.5,
	stall: 3,
	fallBehind: 0.5,
	resume: 3,
	trickle: 3,
	lag: 2,
	// The platform.
	sleep: 12,
	crash: 2,
	diskThrows: 4,
	diskDies: 2,
	diesAfter: 2,
	sendFails: 2,
	clockAhead: 1,
	clockBack: 1,
	// The jobs' way.
	queueMood: 3,
	lose: 2,
	double: 2,
	late: 1,
	consumerDies: 3,
	kindFails: 3,
	// Time.
	pass: 8,
} as const;

export type DrawnDeed = keyof typeof DEEDS;
export type Deed =
	| DrawnDeed
	| HeavyDeed
	| ClosingDeed
	| "clockSteps"
	| "runAhead"
	| "set"
	| "put"
	| "play"
	| "ponderMuch"
	| "cutCable";

/** In a crowded world so many steps come in the time of one: what is rare meets in one turn. */
const CROWDED_TIMES = 10;

/** What a crowded world has more of, and less. */
const CROWDED: Partial<Record<DrawnDeed, number>> = {
	reload: 4,
	republish: 6,
	job: 4,
	moderate: 5,
	operate: 4,
	erase: 5,
	wipe: 4,
	replay: 4,
	sleep: 4,
	crash: 3,
	diskThrows: 2,
	diesAfter: 2,
	sendFails: 3,
	clockBack: 2,
	double: 2,
	pass: 0.2,
	fallBehind: 0,
	flood: 0,
};

const WEIGHTS = Object.entries(DEEDS) as [DrawnDeed, number][];

export interface Step {
	/** How long after the step before it, ms. */
	afterMs: number;
	does: Deed;
	/** Which of the people. */
	who: number;
	/** What all that is left to chance comes from, until the next step. */
	dice: number;
}

export interface Plan {
	seed: number;
	settings: Settings;
	ranges: readonly RangeRule[];
	/** What the receiver of a webhook is like; null where the room has none. */
	receiver: Temper | null;
	people: readonly Character[];
	/** How often each unsent byte counts. */
	scale: number;
	/** True where clients gather what one task asks for into one frame; elsewhere each is a frame of its own. */
	isGathering: boolean;
	/** True where each member counts its own ids, so that two of them use the same; elsewhere an id is nobody else's. */
	sharesIds: boolean;
	/** True where members set entries, and come back with the version that they hold. */
	hasState: boolean;
	steps: readonly Step[];
}

const ALL: Capability[] = ["read", "publish", "signal", "presence", "job"];
const DAY_MS = 24 * 3_600_000;
const DEFAULTS = readSettings({});

export function drawPlan(seed: number): Plan {
	const random = new Random(seed);
	const hasArchive = random.once(2);
	const settings: Settings = {
		...DEFAULTS,
		publishPerSecond: random.pick([0, 50, 50, 3]),
		signalPerSecond: random.pick([0, 100, 2]),
		historyEventsMax: random.pick([2, 5, 20, 10_000]),
		historyAgeMsMax: random.pick([DAY_MS, 30 * DAY_MS]),
		historyBytesMax: random.pick([1_500, 2 ** 30, 2 ** 30, 2 ** 30]),
		memberSessionsMax: random.pick([1, 2, 10]),
		roomSessionsMax: random.pick([3, 5000, 5000, 5000]),
		jobsPendingPerMemberMax: random.pick([1, 3, 20]),
		eventBytesMax: random.pick([200, 32_768]),
	};
	const people = drawPeople(random);
	// Every third world, without a draw of its own: so the seeds that are kept stay what they were.
	const isCrowded = seed % 3 === 2;
	const weights = WEIGHTS.map(([deed, weight]): readonly [DrawnDeed, number] => {
		const drawn = weight * random.pick([0, 0.5, 1, 1, 3]) * (isCrowded ? (CROWDED[deed] ?? 1) : 1);
		return [deed, deed === "join" || deed === "publish" ? Math.max(drawn, 8) : drawn];
	});
	const steps: Step[] = [];
	const length = random.between(20, 120);
	for (let i = 0; i < length; i++) {
		steps.push({
			afterMs: Math.floor(drawAfterMs(random) / (isCrowded ? CROWDED_TIMES : 1)),
			does: i < 2 ? "join" : last(seed, i === length - 1, random.weighted(weights)),
			who: i < 2 ? i : random.below(people.length),
			dice: random.word(),
		});
	}
	const plan: Plan = {
		seed,
		settings,
		...drawRanges(seed, hasArchive),
		people,
		scale: random.pick([1, 100, 500, 2_000]),
		// By the seed itself and not drawn: the seeds that are kept stay the worlds that they were.
		isGathering: seed % 7 === 6,
		sharesIds: seed % 5 === 4,
		hasState: false,
		steps,
	};
	return follow(closeAmid(unsettleClock(layGame(layState(weighDown(plan))))));
}

/** An archive, a webhook or neither: by the seed itself, so that the seeds that are kept stay what they were. */
function drawRanges(seed: number, hasArchive: boolean): Pick<Plan, "ranges" | "receiver"> {
	if (hasArchive) return { ranges: [range("archive", { keepsCopy: true, listsRooms: true })], receiver: null };
	if (seed % 3 === 0) return { ranges: [], receiver: null };
	const hook = range("hook", { begins: "head", eventsMax: 16, bytesMax: 4_000 });
	const receiver = seed % 4 === 1 ? "shut" : seed % 8 === 3 ? "leaving" : "picky";
	return { ranges: [hook], receiver };
}

function drawAfterMs(random: Random): number {
	if (random.once(6)) return random.below(3_000);
	return random.once(3) ? 0 : random.below(60);
}

function drawPeople(random: Random): Character[] {
	const character = (member: string, more: Partial<Character> = {}): Character => ({
		member,
		can: ALL,
		address: null,
		history: random.pick([50, 50, 0, 3]),
		tokenMs: random.once(6) ? 25_000 : null,
		...more,
	});
	const people = [
		character("ada", { can: [...ALL, "moderate"] }),
		character("bob"),
		character(random.pick(["bob", "cy"])),
		character("guest:gus", { address: "a1" }),
		character("guest:gil", { address: random.pick(["a1", "a2"]), can: random.once(3) ? ["read"] : ALL }),
	];
	return people.slice(0, random.between(2, people.length));
}

/**
 * One world in eleven ends with a member that falls behind: a step that comes later would mostly bring it a new
 * connection, and what it asked for while it was behind would be asked again whatever its client does.
 */
function last(seed: number, isLast: boolean, drawn: DrawnDeed): DrawnDeed {
	return isLast && seed % 11 === 10 ? "fallBehind" : drawn;
}
