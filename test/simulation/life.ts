/**
 * One life of the room's body: what surrounds it from its wake until it sleeps or the machine dies. Its timers die
 * with it. What it sees of the room, the checkers see; what they find broken passes through the body's own catches.
 */
import type { Mishap, SocketContext, Surroundings } from "../../src/durable/surroundings.ts";
import { FLOW_POLL_MS } from "../../src/protocol/limits.ts";
import type { Settings } from "../../src/protocol/settings.ts";
import type { Effects } from "../../src/room/effects.ts";
import type { Input } from "../../src/room/inputs.ts";
import { Room } from "../../src/room/room.ts";
import type { Attachment } from "../../src/room/session.ts";
import { Broken, hold } from "./broken.ts";
import { Crash } from "./disk.ts";
import type { Platform } from "./platform.ts";
import type { Wire } from "./wire.ts";

interface Turned {
	inputs: readonly Input[];
	effects: Effects;
	now: number;
}

export class Life implements Surroundings {
	readonly settings: Settings;
	readonly sockets: SocketContext;
	readonly isNewer = false;
	readonly #platform: Platform;
	#isOver = false;
	#timers = 0;
	/** A turn whose effects are performed before the body returns, or turns again. */
	#turned: Turned | null = null;
	/** True while what a turn took that failed is tried again one by one. */
	#isTryingAgain = false;

	constructor(platform: Platform) {
		this.#platform = platform;
		this.settings = platform.settings;
		const context = {
			getWebSockets: () => platform.listed().reverse(),
			acceptWebSocket: (wire: Wire) => platform.accepted(wire),
			getWebSocketAutoResponseTimestamp: ({ pingAt }: Wire) => (pingAt === null ? null : new Date(pingAt)),
		};
		this.sockets = context as unknown as SocketContext;
	}

	/** True while a timer holds the object awake. */
	get hasTimer(): boolean {
		return this.#timers > 0;
	}

	end(): void {
		this.#isOver = true;
	}

	wake(attachments: Attachment[]): Room {
		const { disk, watch, clock } = this.#platform;
		const room = Room.wake(disk, attachments, this.#platform.world());
		watch.woken(attachments, clock.roomNow);
		this.#attend(room);
		return room;
	}

	/** Sees what the room decides. */
	#attend(room: Room): void {
		const { turn, refuseInternal } = room;
		room.turn = (inputs, now) => {
			this.returned();
			const { disk } = this.#platform;
			disk.now = now;
			disk.inputs = inputs;
			if (!this.#isTryingAgain) this.#platform.watch.taken(inputs);
			const effects = turn.call(room, inputs, now);
			this.#turned = { inputs, effects, now };
			return effects;
		};
		room.refuseInternal = (input, now) => {
			this.returned();
			const effects = refuseInternal.call(room, input, now);
			this.#turned = { inputs: [], effects, now };
			return effects;
		};
	}

	/** The body has done all that it was to do. */
	returned(): void {
		if (this.#turned === null) return;
		const { inputs, effects, now } = this.#turned;
		this.#turned = null;
		if (this.#isTryingAgain) this.#platform.watch.retried();
		this.#platform.watch.turned(inputs, effects, now);
	}

	/** What the platform called it for is over. */
	rested(): void {
		this.#isTryingAgain = false;
	}

	begin(work: (alarmAt: number | null) => void): void {
		work(this.#platform.alarmAt);
	}

	now(): number {
		return this.#platform.clock.roomNow;
	}

	after(ms: number, run: () => void): void {
		this.#timers++;
		// A macrotask takes a little; and polls are most of what a stalled reader costs.
		const takes = ms === FLOW_POLL_MS ? ms * this.#platform.flowSlowness : Math.max(1, ms);
		this.#platform.clock.after(takes, () => {
			if (this.#isOver) return;
			this.#timers--;
			this.#platform.guard(run);
		});
	}

	newId(): string {
		return this.#platform.newSession();
	}

	newEpoch(): string {
		return this.#platform.newEpoch();
	}

	setAlarm(at: number): void {
		hold(at >= this.now(), "G7", () => `an alarm was set into the past: ${at}`);
		this.#platform.setAlarm(at);
	}

	forget(): void {
		this.#platform.forget();
	}

	send(messages: readonly unknown[], hear: (isSent: boolean) => void): void {
		this.#platform.queue.send(messages, (isSent) => {
			if (!this.#isOver) this.#platform.guard(() => hear(isSent));
		});
	}

	report(mishap: Mishap, error: unknown): void {
		if (error instanceof Crash || error instanceof Broken) throw error;
		if (mishap === "turn") this.#isTryingAgain = true;
		const { coverage } = this.#platform;
		if (mishap === "turn") coverage.reach("fault", "turn threw");
		if (mishap === "rule") coverage.reach("rules", "a rule failed");
		if (mishap === "input") coverage.reach("fault", "turn threw twice");
		if (mishap === "delivery") coverage.reach("fault", "delivery threw");
	}

	giveWay(): void {
		this.#platform.watch.gaveWay();
	}

	abort(): void {
		// Also where a promise of the body's would keep it to itself.
		this.#platform.insist(() => {
			throw new Crash();
		});
	}
}
