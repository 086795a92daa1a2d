/**
 * The platform under one room: it keeps the store, the sockets with their attachments and the alarm; it wakes
 * the body, lets it sleep, and loses it. What the body does runs under {@link Platform.guard}.
 */
import type { Rules } from "../../src/protocol/rules.ts";
import type { Settings } from "../../src/protocol/settings.ts";
import type { World as RoomWorld } from "../../src/room/room.ts";
import type { Attachment } from "../../src/room/session.ts";
import { Body } from "./body.ts";
import { hold } from "./broken.ts";
import type { Clock } from "./clock.ts";
import type { Coverage } from "./coverage.ts";
import { Crash, Disk } from "./disk.ts";
import type { Queue } from "./queue.ts";
import type { Random } from "./random.ts";
import { Timer } from "./timer.ts";
import type { Watch } from "./watch.ts";
import type { Wire } from "./wire.ts";

const CLOSED = 3;
/** When the platform tries an alarm again whose handler died. */
const ALARM_AGAIN_MS = 2_000;
export const ROOM = "lobby";

/** Someone who waits for the room's answer over HTTP or RPC. */
interface Caller {
	lost: () => void;
}

export class Platform {
	readonly clock: Clock;
	readonly random: Random;
	readonly settings: Settings;
	readonly coverage: Coverage;
	readonly watch: Watch;
	readonly #rules: Rules;
	queue!: Queue;
	disk: Disk;
	/** By the room's clock, Unix ms; null where none is set. */
	alarmAt: number | null = null;
	/** How many alarms came. */
	alarms = 0;
	/** How many times rarer buffers are looked at than in production: polls are most of what a stalled reader costs. */
	flowSlowness = 20;
	/** The sends after which the machine dies, or the delivery throws; null where neither. */
	sendFault: { after: number; dies: boolean } | null = null;
	wires: Wire[] = [];
	#body: Body | null = null;
	readonly #timer: Timer;
	#sessions = 0;
	#epochs = 0;
	#callers = new Set<Caller>();

	constructor(clock: Clock, random: Random, settings: Settings, rules: Rules, coverage: Coverage, watch: Watch) {
		this.clock = clock;
		this.random = random;
		this.settings = settings;
		this.#rules = rules;
		this.coverage = coverage;
		this.watch = watch;
		this.disk = this.#newDisk();
		this.#timer = new Timer(clock, () => this.#ring());
		clock.jumped = () => this.#armAlarm();
	}

	#newDisk(): Disk {
		return new Disk(
			(commit) => this.watch.committed(commit),
			({ what }) => {
				if (what === "die in it") this.coverage.reach("fault", "died before the commit");
				if (what === "die after it") this.coverage.reach("fault", "died after the commit");
			},
		);
	}

	world(now: number): RoomWorld {
		return {
			room: ROOM,
			settings: this.settings,
			now,
			epochIfNew: this.newEpoch(),
			saltIfNew: "salt",
			rules: this.#rules,
		};
	}

	newEpoch(): string {
		return `e${++this.#epochs}`;
	}

	newSession(): string {
		return `s${++this.#sessions}`;
	}

	/** What {@link Sockets} needs of a `DurableObjectState`. */
	get context(): DurableObjectState {
		const context = {
			getWebSockets: () => this.#listed().reverse(),
			acceptWebSocket: (wire: Wire) => void this.wires.push(wire),
			getWebSocketAutoResponseTimestamp: ({ pingAt }: Wire) => (pingAt === null ? null : new Date(pingAt)),
		};
		return context as unknown as DurableObjectState;
	}

	#listed(): Wire[] {
		this.wires = this.wires.filter(({ readyState }) => readyState !== CLOSED);
		return [...this.wires];
	}

	// The body.

	/** The body, awake. */
	get body(): Body {
		this.#body ??= new Body(this);
		return this.#body;
	}

	get isAwake(): boolean {
		return this.#body !== null;
	}

	/** Runs what may kill the machine. */
	guard(work: () => void): void {
		try {
			work();
		} catch (error) {
			if (!(error instanceof Crash)) throw error;
			this.crash();
		}
	}

	/** Memory, sockets and callers are gone; the store and the alarm are not. */
	crash(): void {
		if (this.#body !== null) this.#body.isAlive = false;
		this.#body = null;
		const wires = this.#listed();
		this.wires = [];
		for (const wire of wires) wire.drop(this.random.below(40), this.random.below(1_000));
		this.watch.crashed(wires);
		const callers = [...this.#callers];
		this.#callers.clear();
		for (const { lost } of callers) lost();
	}

	/** Memory is gone, and nothing else. False where something has arrived that has not been handled. */
	sleep(): boolean {
		const body = this.#body;
		if (body === null) return false;
		if (!body.isQuiet || this.#callers.size > 0) return false;
		this.#compare(body);
		body.isAlive = false;
		this.#body = null;
		this.coverage.reach("fault", "sleep");
		if (!body.hasTimer) return true;
		// What is under way goes on at once: so wakes an object that another version replaces.
		this.coverage.reach("fault", "sleep with work");
		this.guard(() => void this.body);
		return true;
	}

	/** A room that wakes now must be the room that falls asleep. */
	#compare(body: Body): void {
		const attachments = this.wires.flatMap(({ readyState, attachment }): Attachment[] =>
			readyState === 1 && attachment !== null ? [structuredClone(attachment)] : [],
		);
		const { room } = body;
		const twin = body.twin(attachments);
		const show = (each: typeof room): string =>
			JSON.stringify([
				each.isStored ? each.meta : 0,
				each.count,
				each.members(),
				[...each.paused].sort(),
				each.jobs(null, 50),
			]);
		const [before, after] = [show(room), show(twin)];
		hold(before === after, "G7", () => `a room that woke is another one: ${before} became ${after}`);
	}

	/** Calls the room; `lost` where it died before it answered. */
	call<T>(start: (body: Body, answer: (value: T) => void) => void, done: (value: T) => void, lost: () => void): void {
		const caller: Caller = { lost };
		this.#callers.add(caller);
		this.guard(() =>
			start(this.body, (value) => {
				if (this.#callers.delete(caller)) done(value);
			}),
		);
	}

	// The alarm.

	setAlarm(at: number): void {
		this.alarmAt = at;
		this.#armAlarm();
	}

	#armAlarm(): void {
		this.#timer.set(this.alarmAt === null ? null : this.alarmAt - this.clock.skewMs);
	}

	#ring(): void {
		if (this.alarmAt === null) return;
		this.alarms++;
		this.alarmAt = null;
		let isDone = false;
		this.guard(() => {
			this.body.alarm();
			isDone = true;
		});
		if (!isDone && this.alarmAt === null) this.setAlarm(this.clock.roomNow + ALARM_AGAIN_MS);
	}

	forget(): void {
		this.coverage.reach("room", "forgotten");
		const { fault } = this.disk;
		this.disk = this.#newDisk();
		this.disk.fault = fault;
		this.alarmAt = null;
		this.#armAlarm();
		this.watch.forgotten();
	}

	// The network's side.

	mayFail(): void {
		const { sendFault } = this;
		if (sendFault === null || --sendFault.after > 0) return;
		this.sendFault = null;
		if (!sendFault.dies) throw new Error("The platform could not send.");
		this.coverage.reach("fault", "died while sending");
		throw new Crash();
	}

	message(wire: Wire, text: string | ArrayBuffer): void {
		if (text === "ping") {
			// Answered by the platform; nobody wakes.
			wire.pingAt = this.clock.roomNow;
			wire.pong();
			return;
		}
		this.guard(() => {
			const { body } = this;
			this.watch.received(wire, text);
			body.message(wire, text);
		});
	}

	closed(wire: Wire, code: number): void {
		this.guard(() => this.body.closed(wire, code));
	}
}
