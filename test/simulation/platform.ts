/**
 * The platform under one room: it keeps the store, the sockets with their attachments and the alarm; it wakes
 * the body, lets it sleep, and loses it. What the body does runs under {@link Platform.guard}.
 */
import { type Joining, RoomBody } from "../../src/durable/room-body.ts";
import type { Refusal } from "../../src/protocol/codes.ts";
import type { Rules } from "../../src/protocol/rules.ts";
import type { Settings } from "../../src/protocol/settings.ts";
import type { World as RoomWorld } from "../../src/room/parts.ts";
import { Room } from "../../src/room/room.ts";
import type { Attachment } from "../../src/room/session.ts";
import { hold } from "./broken.ts";
import { compareTwin } from "./checkers/twin.ts";
import type { Clock } from "./clock.ts";
import type { Coverage } from "./coverage.ts";
import { Crash, Disk } from "./disk.ts";
import { Life } from "./life.ts";
import type { Queue } from "./queue.ts";
import type { Random } from "./random.ts";
import { Timer } from "./timer.ts";
import type { Watch } from "./watch.ts";
import type { Wire } from "./wire.ts";

const OPEN = 1;
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
	/** Makes a body; a recorder has its own way. */
	embody: (life: Life) => RoomBody = (life) => new RoomBody(life);
	#awake: { body: RoomBody; life: Life } | null = null;
	/** What the body must not catch though it would: the machine is dead, or a guarantee broken. */
	#fatal: unknown = null;
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
		clock.jumped = (isBack) => {
			if (isBack) this.watch.setBack(clock.roomNow);
			this.#armAlarm();
		};
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

	/** What a room is told that wakes now. */
	world(): RoomWorld {
		return {
			room: ROOM,
			settings: this.settings,
			now: this.clock.roomNow,
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

	/** The sockets that are not closed, the oldest first. */
	listed(): Wire[] {
		this.wires = this.wires.filter(({ readyState }) => readyState !== CLOSED);
		return [...this.wires];
	}

	/** A body names a session, and accepts its socket at once. */
	accepted(wire: Wire): void {
		this.wires.push(wire);
		this.watch.accepted(`s${this.#sessions}`, wire);
	}

	// The body.

	/** The body, awake. */
	get body(): RoomBody {
		if (this.#awake === null) {
			const life = new Life(this);
			const body = this.embody(life);
			this.#awake = { body, life };
			this.#compareWake(body.room, life);
		}
		return this.#awake.body;
	}

	/** A room that woke goes on with what it was at, and is called for what it waits for. */
	#compareWake(room: Room, life: Life): void {
		hold(!room.isRestless || life.hasTimer, "G7", () => "a room that woke has work to do, and rests");
		const { alarmAt } = this;
		const deadline = room.deadline(this.clock.roomNow);
		const isSet = deadline === null || (alarmAt !== null && alarmAt <= deadline);
		hold(isSet, "G7", () => `a room that woke waits for ${deadline}, and its alarm is set for ${alarmAt}`);
	}

	get isAwake(): boolean {
		return this.#awake !== null;
	}

	/** True where the body keeps itself awake, or something has arrived that was not handled. */
	get isBusy(): boolean {
		return this.#awake !== null && (this.#awake.life.hasTimer || !this.#awake.body.isQuiet);
	}

	/** Runs what may kill the machine. */
	guard(work: () => void): void {
		try {
			work();
			if (this.#fatal !== null) throw this.#fatal;
			this.#awake?.life.returned();
			this.#awake?.life.rested();
		} catch (error) {
			if (!(error instanceof Crash)) throw error;
			this.crash();
		}
	}

	/** Runs what a body calls in passing: what it throws counts even where the body catches it. */
	insist(check: () => void): void {
		try {
			check();
		} catch (error) {
			this.#fatal ??= error;
			throw error;
		}
	}

	/** Memory, sockets and callers are gone; the store and the alarm are not. */
	crash(): void {
		this.#awake?.life.end();
		this.#awake = null;
		this.#fatal = null;
		const wires = this.listed();
		this.wires = [];
		for (const wire of wires) wire.drop(this.random.below(40), this.random.below(1_000));
		this.watch.crashed(wires);
		const callers = [...this.#callers];
		this.#callers.clear();
		for (const { lost } of callers) lost();
	}

	/** Memory is gone, and nothing else. False where something has arrived that has not been handled. */
	sleep(): boolean {
		if (this.#awake === null) return false;
		const { body, life } = this.#awake;
		if (!body.isQuiet || this.#callers.size > 0) return false;
		const twin = Room.wake(this.disk, this.#attachments(), this.world());
		compareTwin(body.room, twin, this.disk.meta(), this.clock.roomNow);
		life.end();
		this.#awake = null;
		this.coverage.reach("fault", "sleep");
		if (!life.hasTimer) return true;
		// What is under way goes on at once: so wakes an object that another version replaces.
		this.coverage.reach("fault", "sleep with work");
		this.guard(() => void this.body);
		return true;
	}

	#attachments(): Attachment[] {
		return this.wires.flatMap(({ readyState, attachment }) =>
			readyState === OPEN && attachment !== null ? [structuredClone(attachment)] : [],
		);
	}

	/** Calls the room; `lost` where it died before it answered. */
	call<T>(
		start: (body: RoomBody, answer: (value: T) => void) => void,
		done: (value: T) => void,
		lost: () => void,
	): void {
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
		let isDone = false;
		this.guard(() => {
			// One that wakes for its alarm finds it still set.
			const { body } = this;
			this.alarmAt = null;
			body.alarm();
			isDone = true;
		});
		const { roomNow } = this.clock;
		if (!isDone && (this.alarmAt === null || this.alarmAt <= roomNow)) this.setAlarm(roomNow + ALARM_AGAIN_MS);
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
		this.watch.unsent();
		if (!sendFault.dies) throw new Error("The platform could not send.");
		this.coverage.reach("fault", "died while sending");
		this.insist(() => {
			throw new Crash();
		});
	}

	/** A join that the Worker has proven; a refusal, or null where the socket was accepted. */
	join(join: Joining, wire: Wire): Refusal | null {
		const { body } = this;
		const refusal = body.refusesJoin(join);
		if (refusal === null) body.join(wire as unknown as WebSocket, join);
		return refusal;
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
			body.heard(wire as unknown as WebSocket, text);
			this.watch.kept(wire);
		});
	}

	closed(wire: Wire, code: number): void {
		this.guard(() => this.body.closed(wire as unknown as WebSocket, code));
	}
}
