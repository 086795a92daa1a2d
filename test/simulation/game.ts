/** Worlds whose app has rules: a game of fields that are taken one after the other, and all that a rule may do beside. */

import { Outgoing } from "../../src/client/outgoing.ts";
import { predict } from "../../src/client/predict.ts";
import type { OutgoingClass } from "../../src/client/speech.ts";
import type { Decide, DecidedEvent, RuleRoom } from "../../src/protocol/decision.ts";
import { DEFAULTS, MESSAGES_PER_FRAME_MAX } from "../../src/protocol/limits.ts";
import type { Publish } from "../../src/protocol/messages.ts";
import type { Rules } from "../../src/protocol/rules.ts";
import { DECISION_EFFORT, DECISION_ENTRY_EFFORT, DECISION_READS_MAX } from "../../src/protocol/rules-limits.ts";
import type { Settings } from "../../src/protocol/settings.ts";
import { event, HOLD_MS, houseRules } from "../room/house-rules.ts";
import { SECRET } from "./disk.ts";
import type { Person } from "./person.ts";
import type { Plan, Step } from "./plan.ts";
import { Random } from "./random.ts";
import type { World } from "./world.ts";

/** When all are taken they are free again. */
export const FIELDS = 5;
export const TICK_MS = 2_000;
/** Deadlines that come by themselves: each sets the next, so many times. */
export const TOCKS = 2;
const STEPS_MAX = 70;

/** What a move does beside taking its field. */
export type Odd = "throws" | "promises" | "refuses" | "catches" | "overdoes" | "unfit" | "asks" | "cancels" | null;

export interface Move {
	field: number;
	odd: Odd;
}

const ODDS: readonly Odd[] = [
	"throws",
	"promises",
	"refuses",
	"catches",
	"overdoes",
	"unfit",
	"asks",
	"asks",
	"cancels",
];

/** The rule itself fails at these: `internal`, which a client sends again and again. */
const FAILING: ReadonlySet<Odd> = new Set(["throws", "promises", "overdoes"]);

export const fieldKey = (field: number): string => `game/f${field}`;

/** The key of the field that it is to take; null of what is no move. */
export function fieldOf(message: { type: string; name?: string; data?: unknown }): string | null {
	const { type, name, data } = message;
	return type === "publish" && name === "move" && isMove(data) ? fieldKey(data.field) : null;
}

function isMove(data: unknown): data is Move {
	return typeof data === "object" && data !== null && "field" in data;
}

/** True where a move is allowed, as far as it goes by itself. */
export const isSound = ({ odd }: Move): boolean => odd === null || odd === "asks" || odd === "cancels";

const move: Decide = (event, room) => moveBy(event, room, () => room.random());
/** As a page runs it, which does not know the room's dice. */
const foreseenMove: Decide = (event, room) => moveBy(event, room, () => 0);

function moveBy({ data, from }: DecidedEvent, room: RuleRoom, roll: () => number): unknown {
	const { field, odd } = data as Move;
	const turn = Number(room.get("game/turn") ?? 0);
	if (room.get(fieldKey(field)) !== null) room.refuse("taken", "That field is taken.");
	room.set(fieldKey(field), from);
	room.set("game/turn", turn + 1);
	const dice = isSound({ field, odd }) ? roll() : 0;
	room.publish("moved", { field, turn: turn + 1, dice });
	const given = beside(odd, turn, room);
	if ((turn + 1) % FIELDS === 0) for (let each = 0; each < FIELDS; each++) room.set(fieldKey(each), null);
	return given;
}

function beside(odd: Odd, turn: number, room: RuleRoom): unknown {
	if (odd === "cancels") room.cancel("tick");
	else room.later("tick", TICK_MS, turn + 1);
	switch (odd) {
		case "throws":
			throw new Error(SECRET);
		case "promises":
			return Promise.resolve();
		case "refuses":
			return room.refuse("odd", "That is odd.");
		case "catches":
			try {
				room.refuse("odd", "That is odd.");
			} catch {}
			return undefined;
		case "overdoes":
			for (let i = 0; i < 20; i++) room.publish("moved", SECRET);
			return undefined;
		case "unfit":
			return room.publish("strict", "bad");
		case "asks":
			return room.job("card", "http://move");
		default:
			return undefined;
	}
}

/** Held first: its rule decides when it has been checked. */
const bet: Decide = ({ data }, room) => {
	if (data === "odd bet") room.refuse("odd", "That is odd.");
	room.set("game/bets", Number(room.get("game/bets") ?? 0) + 1);
};

/** Each third is undone, and stands. */
const tick: Decide = ({ data }, room) => {
	room.set("game/ticks", Number(room.get("game/ticks") ?? 0) + 1);
	room.later("tock", 1, TOCKS);
	if (Number(data) % 3 === 0) room.refuse("late", "That is undone.");
};

const tock: Decide = ({ data }, room) => {
	if (Number(data) > 1) room.later("tock", 1, Number(data) - 1);
};

/** What it takes to ponder, in the units of the room's own bounds. */
export const PONDERED = DECISION_EFFORT + DECISION_READS_MAX * DECISION_ENTRY_EFFORT;

/** Reads as much as it may, and says no. */
const ponder: Decide = (_, room) => {
	for (let each = 0; each < DECISION_READS_MAX; each++) room.get(`game/p${each}`);
	room.refuse("odd", "That is odd.");
};

/** Whose going is undone, and stands. */
export const UNDONE = "cy";

/** The house rules, and the game's where the world plays it: told by the seed, so that whoever knows that knows them. */
export function rulesOf(
	seed: number,
	ranges: Plan["ranges"],
	pondered: (member: string, now: number) => void = () => {},
): Rules {
	const house = houseRules(ranges);
	if (!hasGame(seed)) return house;
	const check = { kind: "check", when: "before", unchecked: "refuse", withinMs: HOLD_MS } as const;
	const events = {
		move: event({ decide: move, fault: (data) => (isMove(data) ? null : "That is no move.") }),
		bet: event({ decide: bet, check }),
		ponder: event({
			decide: (event, room) => {
				pondered(event.from, room.now);
				return ponder(event, room);
			},
		}),
		tick: event({ from: "backend", decide: tick }),
		tock: event({ from: "backend", decide: tock }),
		moved: event({ from: "backend" }),
		came: event({ from: "backend" }),
		went: event({ from: "backend" }),
	};
	return {
		...house,
		event: (name) => (Object.hasOwn(events, name) ? events[name as keyof typeof events] : house.event(name)),
		members: {
			joined: ({ id }, room) => room.publish("came", id),
			left: ({ id }, room) => {
				room.publish("went", id);
				if (id === UNDONE) throw new Error(SECRET);
			},
		},
	};
}

export const hasGame = (seed: number): boolean => seed % 10 === 2;

/** One in three of them: whose pages run the rules themselves. */
export const foresees = (seed: number): boolean => seed % 30 === 2;
/** What those pages say things by. */
export const outgoingOf = (seed: number): OutgoingClass =>
	foresees(seed) ? (predict({ move: foreseenMove, bet }) as unknown as OutgoingClass) : Outgoing;

/** One in eleven: where rules are asked for more than the room has time for. */
const hasMuch = (seed: number): boolean => hasGame(seed) && seed % 11 === 8;
/** Nothing stops them sooner than what decisions take. */
const MUCH: Partial<Settings> = { publishPerSecond: 50, roomPublishPerSecond: 1_000 };

/** All who are there have much decided at once, and once more. */
export function ponderMuch(world: World): void {
	for (const person of world.people) {
		const asks = Array.from({ length: MESSAGES_PER_FRAME_MAX }, () => ({
			...{ type: "publish", id: world.newId(person.character.member), name: "ponder", data: null },
		}));
		for (const { id } of asks) world.jury.refusals.used(id);
		person.rawly(JSON.stringify(asks), null);
	}
}

export function play(world: World, person: Person): void {
	const { random } = world;
	const count = random.once(4) ? random.between(2, 12) : 1;
	for (let i = 0; i < count; i++) {
		const id = world.newId(person.character.member);
		const odd = random.once(3) ? random.pick(ODDS) : null;
		if (random.once(8)) {
			person.ask({ type: "publish", id, name: "bet", data: random.pick(["good", "odd bet", "rude"]) });
		} else {
			const message = { type: "publish", id, name: "move", data: { field: random.below(FIELDS), odd } } as const;
			if (odd === null || !FAILING.has(odd)) person.ask(message);
			else sayOnce(world, person, message);
		}
	}
}

/** By hand: our client would not rest. */
function sayOnce({ jury }: World, person: Person, message: Publish): void {
	const { character } = person;
	jury.refusals.used(message.id);
	jury.idempotency.published(character.member, message.id, message.name, message.data, undefined);
	if (!character.can.includes("publish")) jury.access.forbidden(character.member, message.id, "publish");
	person.rawly(JSON.stringify(message), null);
}

/** One in ten worlds. Told by the seed and not drawn: the seeds that are kept stay what they were. */
export function layGame(plan: Plan): Plan {
	if (!hasGame(plan.seed)) return plan;
	const random = new Random(plan.seed);
	const steps = [...plan.steps];
	for (let count = random.between(20, STEPS_MAX); count > 0; count--) {
		const afterMs = random.once(5) ? random.below(3_000) : random.below(60);
		const step: Step = { afterMs, does: "play", who: random.below(plan.people.length), dice: random.word() };
		steps.splice(random.between(2, steps.length), 0, step);
	}
	// What a rule of a deadline finds full is undone, and nobody is told.
	const settings = { ...plan.settings, stateEntriesMax: DEFAULTS.STATE_MAX_ENTRIES };
	if (!hasMuch(plan.seed)) return { ...plan, settings, steps };
	const much: Step = { afterMs: random.below(300), does: "ponderMuch", who: 0, dice: random.word() };
	steps.splice(random.between(3, steps.length), 0, much, much);
	return { ...plan, settings: { ...settings, ...MUCH }, steps };
}
