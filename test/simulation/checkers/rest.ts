/** Liveness: when the faults stop, everything comes to rest in bounded time, and nothing was lost on the way. */

import { OPERATOR } from "../../../src/protocol/ids.ts";
import { GRACE_MS } from "../../../src/protocol/limits.ts";
import type { Event } from "../../../src/protocol/messages.ts";
import { jobId } from "../../../src/room/jobs.ts";
import { Broken, hold } from "../broken.ts";
import { foresees } from "../game.ts";
import { isTheirs } from "../kinds.ts";
import type { Person } from "../person.ts";
import type { World } from "../world.ts";
import { Deadlines } from "./deadlines.ts";
import { compareDeliveries } from "./deliveries.ts";
import { showRow } from "./presence.ts";

/** The longest chain of deadlines: a hold, a lease, a range that failed, a dead cable, and then some. */
const CALM_MS_MAX = 12 * 60_000;
const LOOK_MS = 100;
/** As many turns may come of what the faults have left, beside those that try one by one what failed together: the median is 7. */
const TURNS_MAX = 500;
/** And so many of each thing that is still asked for: it is asked for again and again where a bucket gives three a second. */
const TURNS_PER_ASK_MAX = 20;
/** And so many of each event that a picky receiver is still to be sent: of five it refuses one, which takes ten attempts to find. */
const TURNS_PER_DELIVERY_MAX = 4;
const LONG_MS = 3 * 24 * 3_600_000;
/** More than all deadlines of a world together: one that is past is set again and again. */
const CALM_ALARMS_MAX = 5_000;
/** An empty room is woken for its sweeps of keys, and to trim each event, and then no more. */
const ALARMS_MAX = 60;

export class Rest {
	readonly #world: World;

	constructor(world: World) {
		this.#world = world;
	}

	async come(): Promise<void> {
		const { world } = this;
		this.#heal();
		const deadlines = new Deadlines(world);
		const alarmsBefore = world.platform.alarms;
		const until = world.clock.now + CALM_MS_MAX;
		const took = (): number => world.jury.turns - world.jury.retries;
		const before = took();
		const asks = world.people.reduce((sum, person) => sum + person.asks.size, world.backend.underway);
		const deliveries = world.receiver === null ? 0 : (world.jury.ledger.current?.head ?? 0);
		const turnsMax = TURNS_MAX + asks * TURNS_PER_ASK_MAX + deliveries * TURNS_PER_DELIVERY_MAX;
		for (let unrest = this.#unrest(); unrest !== null; unrest = this.#unrest()) {
			if (world.clock.now > until) throw new Broken("liveness", `${unrest} ${CALM_MS_MAX} ms after the last fault`);
			world.jury.tell?.(`unrest: ${unrest.slice(0, 100)}`);
			// At once to what is due next, where that is far.
			await world.pass(Math.max(LOOK_MS, (world.clock.nextAt ?? 0) - world.clock.now));
			deadlines.look();
			const turns = took() - before;
			hold(turns <= turnsMax, "liveness", () => `${unrest} ${turns} turns after the last fault`);
			const alarms = world.platform.alarms - alarmsBefore;
			if (alarms > CALM_ALARMS_MAX) throw new Broken("liveness", `${unrest}, and the room was woken ${alarms} times`);
		}
		this.#compareStore();
		this.#compareShown();
		this.#compareArchive();
		await deadlines.idle();
		compareDeliveries(world);
		await this.#depart(deadlines);
	}

	/** What pages foresaw is what is, or is undone. */
	#compareShown(): void {
		const { people, jury, plan } = this.world;
		if (!foresees(plan.seed)) return;
		for (const { name, isLive, connection } of people)
			if (isLive) jury.game?.compareShown(name, connection?.entries?.list("game/") ?? []);
	}

	private get world(): World {
		return this.#world;
	}

	#heal(): void {
		const { platform, queue, kinds, backend, jury } = this.world;
		jury.tell?.("--- all faults stop");
		this.world.isCalm = true;
		platform.disk.fault = null;
		platform.sendFault = null;
		queue.mood = "takes";
		queue.lose = queue.double = queue.deathAfter = 0;
		queue.lateMs = 20;
		kinds.failures = 0;
		if (this.world.receiver !== null) this.world.receiver.isCalm = true;
		backend.losesReplies = false;
		backend.moderate({ action: "unlock" });
		for (const wire of platform.wires) {
			wire.lagMs = 20;
			wire.reads(true);
		}
		// Someone looks in, so that a room that died is awake.
		backend.read();
	}

	/** What is not at rest yet, or null. */
	#unrest(): string | null {
		const { people, backend, queue, platform, jury, clock } = this.world;
		for (const person of people) {
			const unrest = this.#unrestOf(person);
			if (unrest !== null) return unrest;
		}
		if (backend.underway > 0) return "a backend has no answer";
		if (queue.underway > 0) return "a letter is under way";
		if (platform.isBusy) return "the room keeps itself awake";
		if (platform.alarmAt !== null && platform.alarmAt < clock.roomNow - 5_000) return "an alarm is overdue";
		if (platform.disk.hasRemains()) return "rows of what was wiped are still stored";
		if ((jury.game?.pending ?? 0) > 0) return "a deadline is to come";
		const { current, roster } = jury.ledger;
		for (const job of current?.jobs.values() ?? []) {
			if (job.state === "waiting" || job.state === "sent") return `the job ${job.n} is ${job.state}`;
			// A receipt may have been lost with a turn that failed: then it is told again to the next who joins.
			const sittings = [...jury.sittings.values()].filter(({ member }) => member === job.member);
			if (
				job.isOwed &&
				sittings.some(({ phase, told }) => phase === "live" && !told.has(jobId(current?.name ?? "", job.n)))
			)
				return `${job.member} was not told the outcome of ${job.n}`;
		}
		for (const row of platform.disk.ranges()) {
			// Its receiver is gone: it is at rest for good.
			if (row.state === "stopped" && this.world.receiver?.isGone === true) continue;
			if (row.state !== "idle") return `the range ${row.kind} is ${row.state}`;
			if (row.through < (current?.head ?? 0)) return `the range ${row.kind} is at ${row.through} of ${current?.head}`;
		}
		const here = new Set(people.filter(({ isLive }) => isLive).map(({ character }) => character.member));
		// Nobody sweeps for one who is alone.
		if (roster.size >= 2)
			for (const member of roster.keys()) if (!here.has(member)) return `${member} is gone, and still listed`;
		// An operator is nobody's company.
		here.delete(OPERATOR);
		for (const member of here) if (!roster.has(member)) return `${member} is here, and not listed`;
		return null;
	}

	#unrestOf(person: Person): string | null {
		const { platform, jury } = this.world;
		if (person.isStopped) return person.asks.size > 0 ? `${person.name} has stopped and still waits` : null;
		const state = person.connection?.state;
		const isFull = platform.listed().length >= platform.settings.roomSessionsMax;
		// Where there is no place, one waits for one.
		if (state?.kind === "waiting" && state.reason?.code === "room_full")
			return isFull ? null : `${person.name} waits at a door`;
		if (state?.kind === "connecting" && isFull) return null;
		if (!person.isLive) return `${person.name} is ${state?.kind}`;
		if (person.asks.size > 0) return `${person.name} has no answer to ${JSON.stringify([...person.asks.values()][0])}`;
		const page = new Map(
			[...(person.page?.members.byId.values() ?? [])].map(({ id, name, state }): [string, string] => [
				id,
				showRow(name, JSON.stringify(state)),
			]),
		);
		try {
			jury.presence.compare(page, person.name);
		} catch (error) {
			return (error as Error).message;
		}
		if (person.page?.cursor !== `${jury.ledger.current?.name}.${jury.ledger.current?.head}`)
			return `${person.name} has seen ${person.page?.cursor} of ${jury.ledger.current?.head}`;
		return null;
	}

	/** What was ever acknowledged is stored, and what is stored is what was committed. */
	#compareStore(): void {
		const { platform, jury, acknowledged } = this.world;
		const { current, meta } = jury.ledger;
		if (current === null || meta === null) return;
		const stored = platform.disk.after(current.floor - 1, current.head);
		hold(
			stored.length === current.head - current.floor + 1,
			"G1",
			() => `${stored.length} events are stored of ${current.floor} to ${current.head}`,
		);
		for (const event of stored) {
			const known = current.at(event.seq);
			hold(known?.body === event.body, "G1", () => `${event.body} is stored, not ${known?.body}`);
		}
		for (const { epoch, seq, member, id } of acknowledged) {
			const event = jury.ledger.event(epoch, seq);
			hold(event?.from === member && event.id === id, "G1", () => `${member} was told that ${id} is ${seq}`);
		}
	}

	/** The archive holds what was ever published, in order, and nothing of a wiped epoch. */
	#compareArchive(): void {
		const { archive, jury, plan, coverage } = this.world;
		if (!plan.ranges.some(({ name }) => name === "archive")) return;
		const { current, epochs } = jury.ledger;
		const through = new Map<string, number>();
		for (const { epoch, from, to } of archive.ranges) {
			const before = through.get(epoch) ?? 0;
			const isNext = from <= before + 1 || from <= (jury.ledger.epochs.get(epoch)?.lostBefore ?? 1);
			hold(isNext, "archive", () => `the range from ${from} came after ${before} of ${epoch}`);
			through.set(epoch, Math.max(before, to));
		}
		for (const epoch of epochs.values()) {
			const kept = archive.epochs.get(epoch.name);
			if (epoch.isWiped && !epoch.isForgotten)
				hold(kept === undefined || current === null, "archive", () => `${epoch.name} was wiped and is archived`);
		}
		for (const misfit of archive.misfits) throw new Broken("archive", misfit);
		this.#compareErasures();
		if (current === null) return;
		if (current.lostBefore > 1) coverage.reach("room", "range trimmed");
		const kept = archive.epochs.get(current.name);
		for (let seq = 1; seq <= current.head; seq++) {
			const event = kept?.get(seq);
			const known = JSON.parse(current.at(seq)?.body ?? "null") as Event;
			if (event === undefined && seq < current.lostBefore) continue;
			hold(event !== undefined, "archive", () => `event ${seq} of ${current.head} is not archived`);
			// What the room no longer has it cannot redact: then the archive's copy alone is erased.
			if (seq < (jury.ledger.meta?.kept ?? 1) && event.redacted === true) continue;
			// Nor does the archive hear of a redaction that was given up with a range.
			if (known.redacted === true && current.redactionOf(seq) < current.lostBefore) continue;
			hold(
				JSON.stringify(event) === JSON.stringify(known),
				"archive",
				() => `${JSON.stringify(event)} is archived, not ${JSON.stringify(known)}`,
			);
		}
	}

	/** What an erased member had said by then is taken back in the archive too, also where the room no longer has it. */
	#compareErasures(): void {
		const { archive, jury } = this.world;
		for (const { member, heads } of jury.erasures) {
			for (const [name, events] of archive.epochs) {
				for (const event of events.values()) {
					const isOlder = event.seq <= (heads.get(name) ?? 0);
					const stands = isTheirs(event, member, events) && isOlder && event.redacted !== true;
					hold(!stands, "archive", () => `${member} was erased, and ${JSON.stringify(event)} is archived`);
				}
			}
		}
	}

	/** Everyone leaves: the room empties, and then it rests. */
	async #depart(deadlines: Deadlines): Promise<void> {
		const { world } = this;
		world.jury.tell?.("--- everyone leaves");
		world.isOver = true;
		for (const person of world.people) person.leave();
		await deadlines.left();
		const { disk } = world.platform;
		// Before the room deletes itself, which forgets what it had.
		const events = world.jury.ledger.current?.head ?? 0;
		// What is still to be emptied goes with an alarm a piece.
		const before = world.platform.alarms - disk.pieces;
		await world.pass(LONG_MS);
		const alarms = world.platform.alarms - disk.pieces - before;
		hold(alarms <= ALARMS_MAX + events, "liveness", () => `an empty room was woken ${alarms} times in three days`);
		// Where the machine died last, the room is asleep and knows of nobody's leaving until someone looks in.
		world.backend.read();
		await world.pass(GRACE_MS + LOOK_MS);
		const { roster } = world.jury.ledger;
		hold(roster.size === 0, "G9", () => `${[...roster.keys()]} are still here three days after they left`);
		const { archive, jury } = world;
		const listed = archive.counts.get(jury.ledger.current?.name ?? "") ?? 0;
		hold(listed === 0, "archive", () => `the directory lists ${listed} members of a room in which nobody is`);
	}
}
