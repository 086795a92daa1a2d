/** The machine under a room, in memory: store, sockets, alarm and queue. The room's body on it is the real one. */
import { RoomBody } from "../durable/room-body.ts";
import type { Mishap, SocketContext, Surroundings } from "../durable/surroundings.ts";
import type { JobRef } from "../protocol/jobs.ts";
import type { Rules } from "../protocol/rules.ts";
import type { Settings } from "../protocol/settings.ts";
import { earliest } from "../room/deadlines.ts";
import { MemoryStore } from "../room/memory-store.ts";
import { Room } from "../room/room.ts";
import type { TestAlarm, TestClock } from "./clock.ts";
import { wordOf } from "./random.ts";
import type { RoomEnd, Wire } from "./wire.ts";

const CLOSED = 3;

interface Needs {
	name: string;
	clock: TestClock;
	random: () => number;
	settings: Settings;
	/** Those of a new life: what an app keeps in memory is gone with the room's. */
	rules(): Rules;
	/** The queue: takes what is to be done. */
	enqueue(jobs: readonly JobRef[]): void;
	/** What would be in the log. */
	report(mishap: Mishap, error: unknown): void;
}

export class Machine implements RoomEnd {
	readonly #needs: Needs;
	#store = new MemoryStore();
	#wires: Wire[] = [];
	#alarmAt: number | null = null;
	readonly #alarm: TestAlarm;
	/** Null while the room sleeps. */
	#body: RoomBody | null = null;
	/** Each life's timers die with it. */
	#life = {};

	constructor(needs: Needs) {
		this.#needs = needs;
		this.#alarm = needs.clock.alarm(() => {
			const { body } = this;
			this.#alarmAt = null;
			body.alarm();
		}, "own");
	}

	/** The room's body: woken where it slept. */
	get body(): RoomBody {
		this.#body ??= new RoomBody(this.#surround());
		return this.#body;
	}

	/** When the first of the deadlines is due that the app's rules have set, Unix ms; null where there is none. */
	get deadlineAt(): number | null {
		return earliest(this.#store.deadlines().map(({ at }) => at));
	}

	/** Memory is gone, and nothing else: nobody can tell (G7). @throws Error while something is under way, which no platform would do */
	sleep(): void {
		if (this.#body === null) return;
		if (!this.#body.isQuiet)
			throw new Error("The room does not sleep while something is under way: await `settle()` first.");
		this.#end();
	}

	/** Memory and all sockets are gone; the store and the alarm are not. */
	crash(): void {
		this.#end();
		const wires = this.#wires;
		this.#wires = [];
		for (const wire of wires) wire.drop();
		// What the platform does with an object whose alarm is set, or to which its clients come back.
		if (this.#alarmAt === null) void this.body;
	}

	#end(): void {
		this.#body = null;
		this.#life = {};
	}

	heard(wire: Wire, text: string): void {
		this.body.heard(wire as unknown as WebSocket, text);
	}

	closed(wire: Wire, code: number | null): void {
		this.body.closed(wire as unknown as WebSocket, code);
	}

	#surround(): Surroundings {
		const { name, clock, settings } = this.#needs;
		const rules = this.#needs.rules();
		const life = this.#life;
		const sockets = {
			getWebSockets: () => {
				this.#wires = this.#wires.filter(({ readyState }) => readyState !== CLOSED);
				return [...this.#wires].reverse();
			},
			acceptWebSocket: (wire: Wire) => this.#wires.push(wire),
			getWebSocketAutoResponseTimestamp: (wire: Wire) => wire.pingAt,
		};
		return {
			settings,
			sockets: sockets as unknown as SocketContext,
			isNewer: false,
			now: () => clock.now,
			after: (ms, run) => void clock.after(ms, () => this.#life === life && run(), "own"),
			wake: (attachments) =>
				Room.wake(this.#store, attachments, {
					...{ room: name, settings, now: clock.now, rules },
					...{ epochIfNew: this.#newWord(), saltIfNew: this.#newWord() },
				}),
			begin: (work) => work(this.#alarmAt),
			setAlarm: (at) => this.#setAlarm(at),
			forget: () => {
				this.#store = new MemoryStore();
				this.#alarmAt = null;
				this.#alarm.stop();
			},
			send: (messages, told) => {
				this.#needs.enqueue(messages as readonly JobRef[]);
				clock.after(0, () => {
					if (this.#life === life) told(true);
				});
			},
			newId: () => this.#newWord(),
			newEpoch: () => this.#newWord(),
			report: this.#needs.report,
			giveWay: () => {},
			abort: () => this.crash(),
		};
	}

	#setAlarm(at: number): void {
		this.#alarmAt = at;
		this.#alarm.set(at);
	}

	#newWord(): string {
		return wordOf(this.#needs.random, 2);
	}
}
