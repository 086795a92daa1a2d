/** All the checkers together: each thing that is seen is shown to those whose guarantee it touches. */
import { OPERATOR } from "../../../src/protocol/ids.ts";
import { ALARM_RETRY_MS } from "../../../src/protocol/limits.ts";
import type { ServerMessage } from "../../../src/protocol/messages.ts";
import type { Effects } from "../../../src/room/effects.ts";
import type { Input } from "../../../src/room/inputs.ts";
import type { Attachment } from "../../../src/room/session.ts";
import { hold } from "../broken.ts";
import type { Clock } from "../clock.ts";
import type { Coverage } from "../coverage.ts";
import type { Commit } from "../disk.ts";
import { hasGame } from "../game.ts";
import { Ledger } from "../ledger.ts";
import type { Plan } from "../plan.ts";
import type { Letter, Watch } from "../watch.ts";
import type { Wire } from "../wire.ts";
import { Access } from "./access.ts";
import { Bounds } from "./bounds.ts";
import { ClosingsCheck } from "./closings.ts";
import { Erasure } from "./erasure.ts";
import { FlowCheck } from "./flow.ts";
import { GameCheck } from "./game.ts";
import { Idempotency } from "./idempotency.ts";
import { InboxCheck } from "./inbox.ts";
import { Jobs } from "./jobs.ts";
import { Order } from "./order.ts";
import { PresenceCheck } from "./presence.ts";
import { type Expected, Refusals } from "./refusals.ts";
import { Resume } from "./resume.ts";
import { Sitting } from "./sitting.ts";
import { StateCheck } from "./state.ts";
import { WorkCheck } from "./work.ts";

/** After the clock has jumped a sweep may overtake what was just said: what waits in the inbox came before the jump. */
const JUMP_MS_MAX = 1_000;
/** One page of a replay follows the other at once. */
const REPLAY_MS_MAX = 1_000;

export class Jury implements Watch {
	readonly ledger = new Ledger();
	readonly sittings = new Map<Wire, Sitting>();
	readonly order: Order;
	readonly resume: Resume;
	readonly idempotency: Idempotency;
	readonly jobs: Jobs;
	readonly erasure: Erasure;
	readonly flow = new FlowCheck();
	readonly bounds: Bounds;
	readonly work: WorkCheck;
	readonly inbox: InboxCheck;
	readonly access: Access;
	readonly closings: ClosingsCheck;
	readonly refusals: Refusals;
	readonly presence: PresenceCheck;
	readonly state: StateCheck;
	readonly game: GameCheck | null;
	/** What must answer the hostile frames that are on their way, by their socket and text. */
	readonly #hostile = new Map<Wire, Map<string | ArrayBuffer, Expected[]>>();
	/** Who was erased, and what had been said by then. */
	readonly erasures: { member: string; heads: ReadonlyMap<string, number> }[] = [];
	readonly #clock: Clock;
	readonly #coverage: Coverage;
	#wokenAt = 0;
	/** When a sweep for the silent last held, true time. */
	#sweptAt = 0;
	/** The frame that was read last: one turn sends the same text to many. */
	#text = "";
	#messages: readonly ServerMessage[] = [];
	/** When the count of members changed last, true time. */
	rosterAt = 0;
	/** How many turns the room has taken. */
	turns = 0;
	/** How many of them tried again, one by one, what a turn that failed had taken. */
	retries = 0;
	/** Tells a story where someone listens. */
	tell: ((line: string) => void) | null = null;

	constructor(clock: Clock, coverage: Coverage, { settings, seed }: Pick<Plan, "settings" | "seed">) {
		this.#clock = clock;
		this.#coverage = coverage;
		this.order = new Order(this.ledger);
		this.resume = new Resume(this.ledger, coverage);
		this.idempotency = new Idempotency(this.ledger, clock);
		this.jobs = new Jobs(this.ledger, clock, coverage);
		this.erasure = new Erasure(this.ledger);
		this.refusals = new Refusals(this.ledger, clock, coverage);
		this.bounds = new Bounds(this.ledger, settings, coverage);
		this.work = new WorkCheck(coverage);
		this.inbox = new InboxCheck(coverage);
		this.access = new Access(this.ledger, coverage);
		this.closings = new ClosingsCheck(coverage);
		this.state = new StateCheck(this.ledger, clock);
		this.game = hasGame(seed) ? new GameCheck(this.ledger, clock, coverage) : null;
		this.presence = new PresenceCheck(this.ledger, () => this.sittings.values());
	}

	accepted(session: string, wire: Wire): void {
		this.sittings.set(wire, new Sitting(wire, session));
		this.tell?.(`${session} of ${wire.member} is accepted, since ${wire.since}`);
	}

	attached(wire: Wire, { mode }: Attachment): void {
		const sitting = this.sittings.get(wire);
		if (sitting === undefined) return;
		if (mode.kind === "replaying" && sitting.phase !== "paused") this.#coverage.reach("state", "replaying over turns");
		this.#coverage.reach("state", mode.kind);
		if (mode.kind === "paused" && sitting.phase !== "paused") {
			sitting.phase = "paused";
			sitting.pausedBytes = 0;
			sitting.isWatched = true;
			sitting.pausedAt = this.#clock.now;
			this.tell?.(`${sitting.session} is paused`);
		} else if (mode.kind !== "paused" && sitting.phase === "paused") {
			sitting.phase = "replaying";
			sitting.fullSince = null;
			this.tell?.(`${sitting.session} replays`);
			sitting.movedAt = this.#clock.now;
			this.flow.resumed(sitting);
		}
	}

	/** A frame is on its way which must be refused so. */
	awaitRefusal(wire: Wire, text: string | ArrayBuffer, expected: Expected): void {
		const frames = this.#hostile.get(wire) ?? new Map<string | ArrayBuffer, Expected[]>();
		this.#hostile.set(wire, frames.set(text, [...(frames.get(text) ?? []), expected]));
	}

	received(wire: Wire, text: string | ArrayBuffer): void {
		const sitting = this.sittings.get(wire);
		if (sitting === undefined) return;
		this.inbox.received(sitting.session, wire.address, text);
		if (this.tell !== null) this.tell(`${sitting.session} says ${String(text).slice(0, 200)}`);
		if (typeof text === "string") for (const [, id] of text.matchAll(/"id":"(\w+)"/g)) this.refusals.used(id ?? "");
		const expected = this.#hostile.get(wire)?.get(text)?.shift();
		if (expected !== undefined) this.refusals.expect(sitting, expected);
	}

	kept(wire: Wire): void {
		const sitting = this.sittings.get(wire);
		if (sitting !== undefined && sitting.phase !== "gone") this.inbox.kept(sitting.session);
	}

	unsent(): void {
		// What a turn says and cannot deliver ends with the machine: this can only be a refusal.
		this.inbox.refused();
	}

	gaveWay(): void {
		this.inbox.gaveWay();
	}

	taken(inputs: readonly Input[]): void {
		this.inbox.taken(inputs);
	}

	sent(wire: Wire, frame: string): void {
		const sitting = this.sittings.get(wire);
		hold(sitting !== undefined, "G2", () => `a socket without a session was sent ${frame}`);
		if (frame !== this.#text) {
			this.#text = frame;
			this.#messages = JSON.parse(frame) as ServerMessage[];
		}
		this.tell?.(`${sitting.session} hears ${frame.slice(0, 1000)}`);
		const waitedMs = this.#clock.now - sitting.movedAt;
		hold(
			sitting.phase !== "replaying" || waitedMs <= REPLAY_MS_MAX,
			"liveness",
			() => `${sitting.session} waited ${waitedMs} ms for its replay to go on`,
		);
		sitting.movedAt = this.#clock.now;
		sitting.isWatched = true;
		this.bounds.sent(sitting.session, frame, this.#messages);
		this.access.sent(sitting, this.#messages, this.#clock.roomNow);
		this.closings.sent(sitting, this.#messages);
		this.flow.sent(sitting, frame, this.#messages, this.#clock.now, sitting.sentIn !== this.turns);
		sitting.sentIn = this.turns;
		this.state.sent(sitting, this.#messages);
		for (const message of this.#messages) this.#heard(sitting, message);
	}

	#heard(sitting: Sitting, message: ServerMessage): void {
		if (sitting.phase === "joining" && message.type !== "welcome" && message.type !== "error")
			hold(false, "G2", () => `${sitting.session} heard ${message.type} before its welcome`);
		switch (message.type) {
			case "welcome":
				this.access.welcome(sitting);
				this.resume.welcome(sitting, message);
				this.presence.welcome(sitting, message);
				return;
			case "event":
				return this.order.event(sitting, message);
			case "caught-up":
				return this.order.caughtUp(sitting, message);
			case "history":
				return this.order.history(sitting, message);
			case "ack":
				this.state.ack(sitting, message);
				return this.idempotency.ack(sitting, message);
			case "job":
				return this.jobs.notice(sitting, message);
			case "presence":
				return this.presence.presence(sitting, message);
			case "error":
				this.refusals.error(sitting, message);
				if (message.code === "overloaded") this.inbox.refused();
				this.state.error(sitting, message);
				if (message.code === "id_reused" && !this.state.isSet(message.id)) this.idempotency.reused(sitting, message);
		}
	}

	closing(wire: Wire, code: number): void {
		const sitting = this.sittings.get(wire);
		this.#coverage.count("close", String(code));
		if (sitting === undefined) return;
		this.tell?.(`${sitting.session} is closed ${code}`);
		this.presence.closing(sitting, code, this.#clock.roomNow, this.#hasJumped);
		this.#gone(sitting);
	}

	closed(wire: Wire, code: number): void {
		const sitting = this.sittings.get(wire);
		if (sitting === undefined) return;
		this.tell?.(`${sitting.session} is gone, ${code}`);
		const { roomNow } = this.#clock;
		// An alarm that the jump has rung comes before, and takes one for silent that has just left.
		const at = this.#hasJumped ? Math.min(roomNow, sitting.seenAt, wire.heardAt) : roomNow;
		if (sitting.phase !== "gone") this.presence.left(sitting.member, at);
		this.#gone(sitting);
	}

	/** The jump's sweep is at hand: it may have to be tried again, and comes before what is said by then. */
	get #hasJumped(): boolean {
		const { now, jumpedAt } = this.#clock;
		return jumpedAt > this.#sweptAt || now - jumpedAt < JUMP_MS_MAX;
	}

	#gone(sitting: Sitting): void {
		sitting.phase = "gone";
		this.inbox.gone(sitting.session);
		this.#coverage.reach("state", "gone");
	}

	committed(commit: Commit): void {
		const floor = this.ledger.current?.floor ?? 1;
		const epoch = this.ledger.current?.name;
		if (commit.isWiped) this.#coverage.reach("room", "wiped");
		if (commit.rewritten.length > 0) this.#coverage.reach("room", "redacted");
		this.#noteErasures(commit);
		this.bounds.committing(commit);
		this.access.committing(commit);
		const { size } = this.ledger.roster;
		this.ledger.commit(commit);
		if (this.ledger.roster.size !== size) this.rosterAt = this.#clock.now;
		const { current, meta } = this.ledger;
		if (current?.name === epoch && (current?.floor ?? 1) > floor) this.#coverage.reach("room", "trimmed");
		if (meta !== null && meta.kept < meta.floor) this.#coverage.reach("room", "kept for a range");
		if (this.tell !== null && (commit.inputs.length > 0 || commit.meta !== null))
			this.tell(`turn: ${commit.inputs.map(({ type }) => type).join(" ")}; head ${meta?.head}, floor ${meta?.floor}`);
		for (const input of commit.heeded) if (input.type === "join") this.#seat(input.session, input.member, commit);
		this.idempotency.committed(commit);
		this.jobs.committed(commit);
		this.bounds.committed(commit);
		this.work.committed(commit);
		this.presence.committed(commit);
		this.erasure.committed(commit);
		this.state.committed(commit);
		this.game?.committed(commit);
	}

	/** Of who was let in, as the roster shows it: one whose token had expired in the meantime was not. */
	#seat(session: string, member: string, { rosterSaved }: Commit): void {
		const isListed = this.ledger.roster.get(member)?.goneSince === null || member === OPERATOR;
		if (!isListed && !rosterSaved.some((row) => row.member === member)) return;
		this.presence.entered(member);
		for (const sitting of this.sittings.values()) if (sitting.session === session) sitting.isSeated = true;
	}

	#noteErasures({ heeded }: Commit): void {
		if (this.ledger.current === null) return;
		for (const input of heeded) {
			if (input.type !== "moderate" || input.action.action !== "erase") continue;
			const heads = [...this.ledger.epochs.values()].map(({ name, head }) => [name, head] as const);
			this.erasures.push({ member: input.action.member, heads: new Map(heads) });
		}
	}

	acknowledged(letter: Letter, isIdle: boolean): void {
		this.jobs.acknowledged(letter, isIdle);
	}

	retried(): void {
		this.retries++;
	}

	turned(inputs: readonly Input[], effects: Effects, now: number): void {
		this.turns++;
		this.order.turned(this.sittings.values());
		this.flow.turned(this.sittings.values(), inputs, this.#clock.now, this.#clock.jumpedAt);
		this.bounds.turned(inputs, effects, this.sittings.values());
		this.work.turned(inputs, effects);
		this.inbox.turned(effects);
		this.access.turned(this.sittings.values(), now);
		this.closings.turned(inputs, effects, this.sittings.values());
		this.presence.turned(inputs);
		if (inputs.some(({ type }) => type === "alarm")) this.#sweptAt = this.#clock.now;
		for (const sitting of this.sittings.values())
			if (inputs.some((input) => input.type === "frame" && input.session === sitting.session)) sitting.seenAt = now;
		for (const [wire, sitting] of this.sittings) {
			if (sitting.phase === "gone") this.sittings.delete(wire);
			else if (inputs.some((input) => input.type === "join" && input.session === sitting.session))
				this.jobs.welcomed(sitting);
		}
	}

	woken(attachments: readonly Attachment[], now: number): void {
		this.tell?.(`woken with ${attachments.map(({ session, mode }) => `${session} ${mode.kind}`).join(", ")}`);
		// A turn that was to pause someone may have failed, or its knowledge may be lost: the next send notices it again.
		for (const sitting of this.sittings.values()) {
			sitting.fullSince = null;
			sitting.pausedAt = this.#clock.now;
			sitting.isWatched = sitting.phase === "paused";
			// What failed twice at once waits for the alarm.
			sitting.movedAt = this.#clock.now + (this.#wokenAt === this.#clock.now ? ALARM_RETRY_MS : 0);
		}
		this.#wokenAt = this.#clock.now;
		this.bounds.woken(now);
		this.presence.woken(attachments, now);
	}

	setBack(now: number): void {
		for (const [wire, sitting] of this.sittings) {
			sitting.seenAt = Math.min(sitting.seenAt, now);
			wire.heardAt = Math.min(wire.heardAt, now);
		}
		this.presence.setBack(now);
	}

	crashed(wires: readonly Wire[]): void {
		this.tell?.(`crashed with ${wires.length} sockets`);
		this.presence.crashed();
		this.inbox.crashed();
		this.access.crashed();
		this.closings.crashed();
		for (const wire of wires) {
			const sitting = this.sittings.get(wire);
			if (sitting !== undefined && sitting.phase !== "gone") {
				// A sweep that was committed may have ended it; what else is lost with the machine is in grace from the wake on.
				if (sitting.phase !== "joining") this.presence.left(sitting.member, wire.heardAt);
				this.#gone(sitting);
			}
			this.sittings.delete(wire);
		}
	}

	forgotten(): void {
		this.tell?.("the room forgot itself");
		this.ledger.forget();
		this.access.forgotten();
		this.jobs.forgotten();
		this.game?.forgotten();
	}
}
