/** One world: the real room and its members, who do what a seed's steps say, and what is wrong with that. */
import { RoomError } from "../../client/room-error.ts";
import type { EventOf, PresentEntryOf } from "../../client/typed.ts";
import type { App } from "../../jobs/define.ts";
import { Unheeded } from "../../protocol/decide.ts";
import { randomOf } from "../random.ts";
import { TestRoom } from "../test-room.ts";
import { Person } from "./person.ts";
import type { Backend, Claim, Draw, Plan, View } from "./plan.ts";
import { overhear, shorten } from "./said.ts";
import type { Step } from "./steps.ts";

/** What time passes, ms, where it is not until the next deadline: a moment, a grace, a heartbeat, until one who is cut is gone. */
const PASSES_MS = [100, 1_000, 11_000, 11_000, 30_000, 130_000];
/** Within so long everyone is back, ms: one who was cut notices, and waits before it tries again. */
const ALL_BACK_MS = 60_000;
/** One whom the room has refused for long waits longer. */
const ALL_BACK_TIMES = 5;
/** In the end at most so many deadlines are awaited: some arm themselves again for ever. */
const LAST_DEADLINES_MAX = 20;
/** At most so long is awaited at once, ms: all the while every client lives, which takes this machine's time. */
const PASS_MS_MAX = 3_600_000;
const WHY_CHARS_MAX = 300;

export interface Failure {
	/** What it was found by. */
	by: "holds" | "ends" | "rule" | "move" | "room";
	why: string;
}

export interface Played {
	failure: Failure | null;
	/** What the steps came to, one sentence each; null of those that came to nothing. */
	said: (string | null)[];
}

interface Setting<A extends App> {
	made: () => A;
	plan: Plan<A>;
	seed: number;
	vars: Readonly<Record<string, unknown>>;
}

/** Plays these steps, up to the first that breaks something. */
export async function play<A extends App>(setting: Setting<A>, steps: readonly Step[]): Promise<Played> {
	const world = new World(setting);
	return { failure: await world.live(steps), said: world.said };
}

class World<A extends App> {
	readonly #plan: Plan<A>;
	readonly #room: TestRoom<A>;
	readonly #people: readonly Person<A>[];
	readonly said: (string | null)[] = [];
	/** The first thing that went wrong beside what is claimed. */
	#failure: Failure | null = null;

	constructor({ made, plan, seed, vars }: Setting<A>) {
		this.#plan = plan;
		this.#room = new TestRoom(made, {
			...{ seed, vars },
			// Cables that are cut, and refusals to who asks twice, are what is played here.
			warn: () => {},
			mishap: (mishap, error) => {
				// A rule may say no to a deadline: the deadline stands, and nothing is wrong.
				if (error instanceof Unheeded && error.code.startsWith("app.")) return;
				const isRule = mishap === "rule" || mishap === "undone";
				this.#fail(
					isRule ? "rule" : "room",
					`${isRule ? "a rule" : `the room (${mishap})`} failed: ${sentenceOf(error)}`,
				);
			},
		});
		this.#people = plan.members.map((as) => new Person(this.#room, as));
	}

	async live(steps: readonly Step[]): Promise<Failure | null> {
		try {
			for (const person of this.#people) person.come();
			await this.#room.settle();
			await this.#look("holds");
			for (const step of steps) {
				if (this.#failure !== null) break;
				await this.#take(step);
			}
			if (this.#failure === null) await this.#end();
		} catch (error) {
			this.#fail("room", sentenceOf(error));
		}
		return this.#failure;
	}

	async #take(step: Step): Promise<void> {
		const at = this.said.push(null) - 1;
		await this.#do(step, (sentence) => {
			const before = this.said[at];
			this.said[at] = before === null || before === undefined ? sentence : `${before}, ${sentence}`;
		});
		if (step.nextAfter === null) {
			await this.#room.settle();
			return this.#look("holds");
		}
		for (let round = 0; round < step.nextAfter; round++) await null;
	}

	async #do(step: Step, tell: (sentence: string) => void): Promise<void> {
		const person = this.#people[step.who];
		if (person === undefined) return;
		const told = (sentence: string | null): void => (sentence === null ? undefined : tell(sentence));
		switch (step.does) {
			case "move":
				return this.#move(step, person, tell);
			case "backend":
				return this.#backend(step, tell);
			case "pass":
				return this.#pass(pickOf(step.dice), tell);
			case "leave":
				return told(person.leaveOrCome());
			case "cut":
			case "slow":
				return told(person.vex(step.does));
			case "crash":
				tell("the room's machine dies");
				return this.#room.crash();
			case "sleep":
				tell("the room sleeps");
				return this.#room.sleep();
		}
	}

	#move({ move, dice, twice }: Step, { id, room }: Person<A>, tell: (sentence: string) => void): void {
		const [name, make] = Object.entries(this.#plan.moves)[move] ?? [];
		if (name === undefined || make === undefined || room === null) return;
		if (twice === "frame") this.#room.repeat(room);
		const again = twice === null ? "" : twice === "move" ? " twice" : " (sent twice)";
		for (let time = 0; time < (twice === "move" ? 2 : 1); time++) {
			const heard = (verb: string, said: string): void => {
				if (time === 0) tell(`${id} ${verb} ${said}${again}`);
			};
			this.#run(name, () => make(overhear(room, heard), pickOf(dice)));
		}
	}

	#backend({ move, dice }: Step, tell: (sentence: string) => void): void {
		const [name, make] = Object.entries(this.#plan.backend ?? {})[move] ?? [];
		if (name === undefined || make === undefined) return;
		const room = overhear<Backend<A>>(this.#room, (verb, said) => tell(`the backend ${verb} ${said}`));
		this.#run(name, () => make(room, pickOf(dice)));
	}

	/** A refusal is an answer as any other; everything else that a move throws is the author's to hear of. */
	#run(name: string, make: () => unknown): void {
		const caught = (error: unknown): void => {
			if (!(error instanceof RoomError)) this.#fail("move", `the move \`${name}\` threw: ${sentenceOf(error)}`);
		};
		try {
			const made = make();
			if (made instanceof Promise) made.catch(caught);
		} catch (error) {
			caught(error);
		}
	}

	async #pass(pick: Draw, tell: (sentence: string) => void): Promise<void> {
		const due = this.#room.deadlineAt;
		const untilDue = due === null ? 0 : due - this.#room.now;
		const isUntilDue = pick(2) === 0 && untilDue > 0 && untilDue <= PASS_MS_MAX;
		const ms = isUntilDue ? Math.max(1, untilDue - pick([0, 0, 1])) : pick(PASSES_MS);
		tell(`${ms / 1000} s pass`);
		await this.#room.advance(ms);
	}

	async #end(): Promise<void> {
		for (const person of this.#people) {
			person.mend();
			person.come();
		}
		for (let time = 0; time < ALL_BACK_TIMES; time++) {
			await this.#room.advance(ALL_BACK_MS);
			if (this.#people.every((person) => person.view() !== null)) break;
		}
		for (let count = 0; count < LAST_DEADLINES_MAX; count++) {
			const due = this.#room.deadlineAt;
			if (due === null || due - this.#room.now > PASS_MS_MAX) break;
			await this.#room.advance(due - this.#room.now);
		}
		await this.#look("holds");
		await this.#look("ends");
	}

	/** Asks what is claimed of the room itself, and of what each member sees. */
	async #look(by: "holds" | "ends"): Promise<void> {
		const claim = this.#plan[by];
		if (claim === undefined || this.#failure !== null) return;
		for (const view of [this.#view(), ...this.#people.map((person) => person.view())]) {
			if (view === null) continue;
			const why = await objection(claim, view);
			if (why === null) continue;
			return this.#fail(by, view.of === null ? why : `${why} (as ${view.of} sees it)`);
		}
	}

	/** As an operator sees it. */
	#view(): View<A> {
		const room = this.#room;
		return {
			of: null,
			now: room.now,
			get events() {
				return room.history() as unknown as EventOf<A>[];
			},
			get members() {
				return room.members();
			},
			get: (key) => (room.state(key).find((entry) => entry.key === key)?.value ?? null) as never,
			entries: <P extends string>(prefix?: P) => room.state(prefix) as unknown as PresentEntryOf<A, P>[],
		};
	}

	#fail(by: Failure["by"], why: string): void {
		this.#failure ??= { by, why: shorten(why, WHY_CHARS_MAX) };
	}
}

/** What speaks against a claim; null where it holds. */
async function objection<A extends App>(claim: Claim<A>, view: View<A>): Promise<string | null> {
	try {
		const said = await claim(view);
		if (said === false) return "it does not hold";
		return typeof said === "string" && said !== "" ? said : null;
	} catch (error) {
		return sentenceOf(error);
	}
}

function sentenceOf(error: unknown): string {
	return error instanceof Error ? `${error.name === "Error" ? "" : `${error.name}: `}${error.message}` : String(error);
}

function pickOf(dice: number): Draw {
	const random = randomOf(dice);
	return (<T>(of: number | readonly T[]) => {
		if (typeof of === "number") return Math.floor(random() * of);
		return of[Math.floor(random() * of.length)];
	}) as Draw;
}
