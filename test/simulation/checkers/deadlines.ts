/** G9, G10 and G7 where no fault is left to excuse a delay: who is gone leaves in time, and an idle room sleeps. */
import { OPERATOR } from "../../../src/protocol/ids.ts";
import { ALARM_RETRY_MS, GRACE_MS } from "../../../src/protocol/limits.ts";
import { hold } from "../broken.ts";
import type { World } from "../world.ts";

/** G9: one whose cable was cut is gone within two minutes. */
const SILENT_MS_MAX = 120_000;
/** An alarm that failed last before the faults stopped comes again; and then some. */
const LATE_MS_MAX = ALARM_RETRY_MS + 5_000;
const SOON_MS = 2_000;
const IDLE_MS = 10 * 60_000;
const IDLE_ALARMS_MAX = 4;

export class Deadlines {
	readonly #world: World;
	/** Since when there are no faults, and since when there are two members or more, true time. */
	readonly #calmSince: number;
	#crowdedSince: number;

	constructor(world: World) {
		this.#world = world;
		this.#calmSince = this.#crowdedSince = world.clock.now;
	}

	look(): void {
		const { clock, jury } = this.#world;
		const { roster } = jury.ledger;
		const now = clock.roomNow;
		const calmAt = this.#calmSince + clock.skewMs;
		if (roster.size < 2) this.#crowdedSince = clock.now;
		const crowdedAt = this.#crowdedSince + clock.skewMs;
		for (const { session, phase, wire } of jury.sittings.values()) {
			if (phase === "gone" || phase === "joining") continue;
			// What a clock noted that was ahead is no later than its step back, since when it is calm.
			const known = [wire.heardAt, wire.pingAt ?? 0].filter((at) => at <= now);
			const heardAt = Math.max(...known, calmAt, crowdedAt);
			hold(now - heardAt <= SILENT_MS_MAX, "G9", () => `${session} was heard ${now - heardAt} ms ago, and is ${phase}`);
			const lateMs = now - Math.max(wire.expiresAt ?? now, calmAt);
			hold(lateMs <= LATE_MS_MAX, "G10", () => `the token of ${session} expired ${lateMs} ms ago, and it is ${phase}`);
		}
		this.#leavers(GRACE_MS + LATE_MS_MAX);
	}

	/** Those without a session leave in time, where the room knows that they are gone. */
	#leavers(mostMs: number): void {
		const { clock, jury, platform } = this.#world;
		if (!platform.isAwake && platform.alarmAt === null) return;
		const here = new Set([...jury.sittings.values()].map(({ member }) => member));
		for (const { member, goneSince } of jury.ledger.roster.values()) {
			if (here.has(member) || goneSince === null) continue;
			const ms = clock.roomNow - Math.max(goneSince, this.#calmSince + clock.skewMs);
			hold(ms <= mostMs, "G9", () => `${member} is gone for ${ms} ms, and still listed`);
		}
	}

	/** Some have just left: after the grace they are gone. */
	async left(): Promise<void> {
		await this.#world.pass(GRACE_MS + SOON_MS);
		this.#leavers(GRACE_MS + SOON_MS / 2);
	}

	/** All but one leave: they are gone after the grace, and the one who stays keeps nothing awake. */
	async idle(): Promise<void> {
		const { people, platform, jury, clock, plan } = this.#world;
		const operator = people.find(({ isLive, character }) => isLive && character.member === OPERATOR);
		const member = people.find(
			({ isLive, character }) => isLive && character.tokenMs === null && character.member !== OPERATOR,
		);
		// Half of those that an operator follows end with it alone.
		const last = plan.seed % 2 === 0 ? (operator ?? member) : member;
		const listed = last === member ? 1 : 0;
		for (const person of people) if (person !== last) person.leave();
		await this.left();
		// What is still to be trimmed or told of the events just made, also by rules of who went.
		await this.#world.pass(IDLE_MS / 2);
		if (last === undefined) return;
		const { roster } = jury.ledger;
		const before = platform.alarms;
		const since = clock.now;
		await this.#world.pass(IDLE_MS);
		const alarms = platform.alarms - before;
		// A page that was reloading may have come back.
		const isAlone = people.every((person) => person === last || person.isStopped);
		const isIdle = isAlone && roster.size === listed && last.isLive;
		hold(
			!isIdle || alarms <= IDLE_ALARMS_MAX,
			"G7",
			() => `a room in which ${last.name} is alone was woken ${alarms} times in ${clock.now - since} ms`,
		);
	}
}
