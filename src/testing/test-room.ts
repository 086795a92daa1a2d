/** A room in memory: the real room, its body and the real client, under a clock of the test's own. */
import { JoinedRoom } from "../client/joined-room.ts";
import { Outgoing } from "../client/outgoing.ts";
import type { Prediction, Room } from "../client/room.ts";
import type { OutgoingClass } from "../client/speech.ts";
import type { MemberOf } from "../client/typed.ts";
import { keepPost, keepSetting } from "../durable/kept-post.ts";
import type { Mishap } from "../durable/surroundings.ts";
import type { App } from "../jobs/define.ts";
import type { PostModeration } from "../protocol/http.ts";
import { OPERATOR, OPERATOR_AUTHOR } from "../protocol/ids.ts";
import { PAGE_EVENTS_MAX } from "../protocol/limits.ts";
import { CAPABILITIES, type Capability, type Event } from "../protocol/messages.ts";
import { readSettings } from "../protocol/settings.ts";
import type { Reply } from "../room/effects.ts";
import { TestClock } from "./clock.ts";
import { TestJobs, type WaitingJobs } from "./jobs.ts";
import { Machine } from "./machine.ts";
import { randomOf, wordOf } from "./random.ts";
import { socketsOf } from "./socket.ts";
import type { Wire } from "./wire.ts";

export interface TestRoomOptions {
	/** Where chance begins; 1 where it is not given. The same seed, the same run. */
	seed?: number;
	/** The room's name; `lobby` where it is not given. */
	name?: string;
	/** What `[vars]` would hold, and bindings that kinds ask for. */
	vars?: Readonly<Record<string, unknown>>;
	/** `kinds`: jobs are done by the app's kinds, as soon as they are owed. `test`: the test does them, by {@link TestRoom.jobs}. */
	jobs?: "kinds" | "test";
	/** When it begins, Unix ms. */
	now?: number;
	/** Hears what would be in the log: a rule that threw, say. Where it is not given, the console does. */
	mishap?: (mishap: Mishap, error: unknown) => void;
	/** Hears what the pages' consoles would be told. Where it is not given, the test's console is. */
	warn?: (sentence: string) => void;
}

export interface JoinAs {
	/** The member's id; the name where it is not given. Joined twice, it has two sessions. */
	member?: string;
	can?: readonly Capability[];
	/** Where to take up the history: another room's `cursor`. */
	since?: string;
	/** What shows at once of its own events, as in `joinRoom`. */
	predict?: Prediction;
}

/** An entry, as an operator sees it. */
export interface StoredEntry {
	key: string;
	value: unknown;
	version: number;
	/** Unix ms. */
	at: number;
	/** Who last changed it. */
	from: string;
}

/** Everything but moderating: what guests may do by default. */
const CAN: readonly Capability[] = ["read", "publish", "signal", "presence", "job"];
const BACKEND = { member: OPERATOR, name: OPERATOR_AUTHOR, can: CAPABILITIES, address: null };
/** 2026-01-01, so that what a test prints is the same each time. */
const BEGIN = 1_767_225_600_000;

/** A turn that throws is a fault in a rule or in the room: a test is to know. */
function log(mishap: Mishap, error: unknown): void {
	console.error(`Rotunda: ${mishap}.`, error);
}

/** `A`: the app whose room it is, which the compiler checks names and data by. */
export class TestRoom<A extends App = App> {
	readonly #name: string;
	readonly #clock: TestClock;
	readonly #random: () => number;
	readonly #machine: Machine;
	readonly #wires = new Map<Room<A>, Wire>();
	/** Who has no network. */
	readonly #cut = new Set<Room<A>>();
	/** Whose network is slow, and by how many ms. */
	readonly #slow = new Map<Room<A>, number>();
	readonly #jobs: TestJobs;
	readonly #warn: ((sentence: string) => void) | undefined;
	#app: A;
	#posts = 0;

	constructor(
		made: () => A,
		{ seed = 1, name = "lobby", vars = {}, jobs = "kinds", now = BEGIN, mishap = log, warn }: TestRoomOptions = {},
	) {
		this.#name = name;
		this.#clock = new TestClock(now);
		this.#random = randomOf(seed);
		this.#warn = warn;
		this.#app = made();
		this.#jobs = new TestJobs({
			...{ name, clock: this.#clock, app: () => this.#app, vars },
			isByTest: jobs === "test",
			body: () => this.#machine.body,
		});
		this.#machine = new Machine({
			...{ name, clock: this.#clock, random: this.#random, settings: readSettings(vars) },
			rules: () => {
				this.#app = made();
				// What leaves the room in ranges goes to services that a test has not.
				return { ...this.#app.rules({ JOBS: "in memory", ...vars }), ranges: [] };
			},
			enqueue: (refs) => this.#jobs.enqueue(refs),
			report: mishap,
		});
	}

	/** With `jobs: "test"`: what waits to be done. */
	get jobs(): WaitingJobs {
		return this.#jobs;
	}

	/** Unix ms. */
	get now(): number {
		return this.#clock.now;
	}

	/** When the first of the deadlines is due that the app's rules have set, Unix ms; null where there is none. */
	get deadlineAt(): number | null {
		return this.#machine.deadlineAt;
	}

	/** Joins the room: the same `Room` as in production. It is let in as time goes on: `await settle()`. */
	join(name: string, { member = name, can = CAN, since, predict }: JoinAs = {}): Room<A> {
		const WebSocket = socketsOf({
			machine: this.#machine,
			clock: this.#clock,
			who: { member, name, can },
			made: (wire) => {
				this.#wires.set(room, wire);
				wire.slow(this.#slow.get(room) ?? 0);
				return !this.#cut.has(room);
			},
		});
		const joined = new JoinedRoom(
			`https://test/rooms/${this.#name}`,
			{
				WebSocket,
				worker: false,
				...(since === undefined ? {} : { since }),
			},
			{
				now: () => this.#clock.now,
				date: () => this.#clock.now,
				random: this.#random,
				newId: () => wordOf(this.#random, 3),
				alarm: (ring) => this.#clock.alarm(ring),
				...(this.#warn === undefined ? {} : { warn: this.#warn }),
			},
			// What is loaded later comes at no time of the test's clock.
			(predict as unknown as OutgoingClass | undefined) ?? Outgoing,
		);
		const room = joined as unknown as Room<A>;
		return room;
	}

	/** Resolves when everything that is under way has come to an end, without time passing. */
	settle(): Promise<void> {
		return this.#clock.settle();
	}

	/** Lets so many ms pass, deadline by deadline. */
	advance(ms: number): Promise<void> {
		return this.#clock.advance(ms);
	}

	/** The room's memory is gone, and nothing else: whatever an app relies on must be stored (G7). */
	async sleep(): Promise<void> {
		await this.settle();
		this.#machine.sleep();
	}

	/** The machine dies: memory and sockets are gone. Clients come back by themselves, as time passes. */
	async crash(): Promise<void> {
		this.#machine.crash();
		await this.#clock.settle();
	}

	/** A member's cable is cut: nothing gets through, and nobody is told. */
	cut(room: Room<A>): void {
		this.#cut.add(room);
		this.#wires.get(room)?.cut();
	}

	/** From now on all that a member says and hears takes so many ms, in its order. */
	slow(room: Room<A>, ms: number): void {
		this.#slow.set(room, ms);
		this.#wires.get(room)?.slow(ms);
	}

	/** What a member says next reaches the room twice, as it does where a network or a client sends it again. */
	repeat(room: Room<A>): void {
		this.#wires.get(room)?.repeat();
	}

	/** The cable is whole again, and fast; where it was cut, the client notices as time passes. */
	mend(room: Room<A>): void {
		this.#cut.delete(room);
		this.slow(room, 0);
	}

	/** Publishes as the app's backend would. */
	post(name: string, data: unknown = null, id = `post-${++this.#posts}`): Promise<Reply> {
		return new Promise((answer) => this.#machine.body.write(BACKEND, keepPost({ id, name, data }), answer));
	}

	/** Sets an entry as the app's backend would; null drops it. `expect`: only if its version is that one, 0: if there is none. */
	set(key: string, value: unknown, { expect }: { expect?: number } = {}): Promise<Reply> {
		const set = { id: `set-${++this.#posts}`, key, value, ...(expect === undefined ? {} : { expect }) };
		return new Promise((answer) => this.#machine.body.write(BACKEND, keepSetting(set), answer));
	}

	/** The entries of the room, by their keys: all of them, or those whose keys begin so. */
	state(prefix = ""): StoredEntry[] {
		const entries: StoredEntry[] = [];
		for (let isMore = true; isMore; ) {
			const query = { prefix, after: entries.at(-1)?.key ?? "", limit: PAGE_EVENTS_MAX };
			const { bodies, more } = this.#machine.body.room.state.page(query, OPERATOR);
			entries.push(...bodies.map((body) => JSON.parse(body) as StoredEntry));
			isMore = more;
		}
		return entries;
	}

	/** Who is here, by their ids: the first 200. */
	members(): MemberOf<A>[] {
		const { members } = this.#machine.body.room.membersPage({ limit: PAGE_EVENTS_MAX, cursor: null });
		return members.map((body) => JSON.parse(body) as MemberOf<A>);
	}

	/** Everything that was said here goes, and all entries; bans and locks stay. */
	wipe(): Promise<Reply> {
		return new Promise((answer) => this.#machine.body.wipe(answer));
	}

	/** Acts as an operator: bans, mutes, redacts, erases. */
	moderate(action: PostModeration): Promise<Reply> {
		return new Promise((answer) => this.#machine.body.moderate(BACKEND, action, answer));
	}

	/** The newest events of the history, ascending, at most 200. */
	history(): Event[] {
		return this.#machine.body.room.page({ limit: 200 }).bodies.map((body) => JSON.parse(body) as Event);
	}
}
