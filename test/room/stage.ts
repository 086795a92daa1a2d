/**
 * A stage for the room: its store, its sessions' sockets with their attachments, a clock and an alarm,
 * and what each session has heard. It runs inputs as `src/durable/room-object.ts` does, and can put the
 * room to sleep, or crash it, between any two steps.
 */
import type * as v from "valibot";
import { decodeFrame, extendFrames, packFrames } from "../../src/protocol/codec.ts";
import type { Job } from "../../src/protocol/http.ts";
import type { JobState } from "../../src/protocol/jobs.ts";
import type { Capability, ServerMessage } from "../../src/protocol/messages.ts";
import { NO_RULES, type Rules } from "../../src/protocol/rules.ts";
import { readSettings, type Settings } from "../../src/protocol/settings.ts";
import type { Effects, Reply } from "../../src/room/effects.ts";
import { type Flow, type Input, type Join, type Post, splitInput } from "../../src/room/inputs.ts";
import type { JobsPage } from "../../src/room/job-list.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { Room } from "../../src/room/room.ts";
import type { Attachment } from "../../src/room/session.ts";
import { Postbox } from "./postbox.ts";
import { Seat } from "./seat.ts";

export const T0 = 1_700_000_000_000;
const EVERYTHING: Capability[] = ["read", "publish", "signal", "presence", "job"];
const ALARMS_MAX = 10_000;

export type JobLine = v.InferOutput<typeof Job>;

export class Stage {
	/** Unix ms. */
	now = T0;
	store: MemoryStore;
	room: Room;
	alarmAt: number | null = null;
	/** When each alarm came. */
	readonly alarms: number[] = [];
	readonly replies = new Map<string, Reply>();
	forgotten = 0;
	/** The jobs' queue: what it took, and whether it takes anything. */
	readonly queue = new Postbox();

	readonly #rules: Rules;
	readonly #settings: Settings;
	readonly #sleeps: boolean;
	readonly #seats = new Map<string, Seat>();
	#hasMore = false;
	/** What the last turn had no room for. */
	#later: Input[] = [];
	#posts = 0;

	/** With `sleeps`, the room is woken anew before each step. */
	constructor(settings: Partial<Settings> = {}, sleeps = false, store = new MemoryStore(), rules = NO_RULES) {
		this.#rules = rules;
		this.#settings = { ...readSettings({}), ...settings };
		this.#sleeps = sleeps;
		this.store = store;
		this.room = this.#wake();
	}

	#wake(): Room {
		const attachments = [...this.#seats.values()].flatMap((seat) =>
			seat.open && seat.attachment !== null ? [structuredClone(seat.attachment)] : [],
		);
		return Room.wake(this.store, attachments, {
			room: "lobby",
			settings: this.#settings,
			now: this.now,
			epochIfNew: `epoch${this.forgotten + 1}`,
			rules: this.#rules,
		});
	}

	/** Memory is gone; the store, the sockets and the alarm are not. */
	sleep(): void {
		this.room = this.#wake();
		if (this.room.isRestless) this.#hasMore = true;
	}

	/** Memory and all sockets are gone, and nobody was told. */
	crash(): void {
		for (const seat of this.#seats.values()) seat.open = false;
		this.sleep();
		this.rest();
	}

	/** The newest jobs, as an operator reads them. */
	jobs(state: JobState | null, limit: number): JobLine[] {
		const lines: JobLine[] = [];
		for (let cursor: string | null = null; lines.length < limit; ) {
			const page: JobsPage | null = this.room.jobs({ state, limit: limit - lines.length, cursor });
			lines.push(...(page?.bodies ?? []).map((body) => JSON.parse(body) as JobLine));
			cursor = page?.next ?? null;
			if (cursor === null) break;
		}
		return lines;
	}

	job(id: string): JobLine | null {
		return JSON.parse(this.room.job(id) ?? "null") as JobLine | null;
	}

	// What happens to the room. Each of these is a step: a turn, and the turns that it asks for.

	join(member: string, more: Partial<Join> = {}): string {
		const join = this.joining(member, more);
		this.step([join]);
		return join.session;
	}

	/** A join that has not been handled yet. Session ids are minted in order: s1, s2, … */
	joining(member: string, more: Partial<Join> = {}): Join {
		const session = `s${this.#seats.size + 1}`;
		this.#seats.set(session, new Seat());
		return {
			type: "join",
			session,
			member,
			name: member.toUpperCase(),
			can: EVERYTHING,
			since: null,
			history: 50,
			resume: null,
			...more,
		};
	}

	/** A session's frame: a text, or what will be its JSON. */
	say(session: string, frame: unknown): void {
		this.step([this.saying(session, frame)]);
	}

	saying(session: string, frame: unknown): Input {
		return { type: "frame", session, messages: decodeFrame(typeof frame === "string" ? frame : JSON.stringify(frame)) };
	}

	/** Publishes `data`, by default under the name `chat` and the id itself. */
	publish(session: string, id: string, data: unknown = id, more: { name?: string; expect?: number } = {}): void {
		this.say(session, { type: "publish", id, name: "chat", data, ...more });
	}

	post(member: string, publish: Post["publish"], can: readonly Capability[] = EVERYTHING): Reply {
		const post = this.posting(member, publish, can);
		this.step([post]);
		return this.replies.get(post.reply) as Reply;
	}

	posting(member: string, publish: Post["publish"], can: readonly Capability[] = EVERYTHING): Post {
		return { type: "post", reply: `r${++this.#posts}`, member, name: member.toUpperCase(), can, publish };
	}

	leave(session: string): void {
		this.step([this.leaving(session)]);
	}

	/** A session's socket has closed, and the room has not heard of it yet. */
	leaving(session: string): Input {
		this.#seat(session).open = false;
		return { type: "leave", session };
	}

	/** A cable is cut: the socket stays, and nothing comes from it any more. */
	cut(session: string): void {
		this.#seat(session).pings = false;
	}

	/** The sockets' buffers are looked at: whose is full, whose has drained, whose is stuck. */
	flow(seen: Partial<Flow>): void {
		this.step([this.flowing(seen)]);
	}

	flowing(seen: Partial<Flow>): Input {
		return { type: "flow", full: [], drained: [], stuck: [], ...seen };
	}

	/** Lets time pass; alarms come when they are due. */
	pass(ms: number): void {
		const until = this.now + ms;
		for (let count = 0; this.alarmAt !== null && this.alarmAt <= until; count++) {
			if (count === ALARMS_MAX) throw new Error("The alarm never rests.");
			this.now = Math.max(this.now, this.alarmAt);
			this.ring();
		}
		this.now = until;
	}

	/** The alarm comes now. */
	ring(): void {
		this.alarms.push(this.now);
		this.alarmAt = null;
		this.step([this.ringing()]);
	}

	ringing(): Input {
		const pings = new Map<string, number>();
		for (const [session, seat] of this.#seats) if (seat.open && seat.pings) pings.set(session, this.now);
		return { type: "alarm", pings };
	}

	step(inputs: readonly Input[]): void {
		if (this.#sleeps) this.sleep();
		this.turn(inputs);
		this.rest();
	}

	/** The turns that the room itself asks for. */
	rest(): void {
		for (;;) {
			const answers = this.queue.answers();
			if (!this.#hasMore && this.#later.length === 0 && answers.length === 0) return;
			if (this.#sleeps) this.sleep();
			this.turn(answers);
		}
	}

	/** True where the room asks for another turn. */
	get hasMore(): boolean {
		return this.#hasMore;
	}

	/** One turn, as the room's body runs it. */
	turn(arrived: readonly Input[]): void {
		this.#hasMore = false;
		const inputs = [...this.#later, ...arrived];
		this.#later = [];
		let effects: Effects;
		try {
			effects = this.room.turn(inputs, this.now);
		} catch {
			this.room = this.#wake();
			for (const input of inputs.flatMap(splitInput)) this.#turnAlone(input);
			return;
		}
		this.#perform(effects);
	}

	#turnAlone(input: Input): void {
		let effects: Effects;
		try {
			effects = this.room.turn([input], this.now);
		} catch {
			this.room = this.#wake();
			effects = this.room.refuseInternal(input, this.now);
		}
		this.#perform(effects);
	}

	#perform(effects: Effects): void {
		const { alarmAt } = effects;
		// The platform refuses an alarm at the epoch's beginning, and a past one would hide a deadline that was missed.
		if (alarmAt !== null && alarmAt < this.now) throw new Error(`The room asks for an alarm in the past: ${alarmAt}.`);
		if (effects.forget) {
			this.forgotten++;
			this.store = new MemoryStore();
			this.alarmAt = null;
			this.room = this.#wake();
		}
		for (const [session, attachment] of effects.attachments) {
			this.#seats.get(session)?.attach(attachment);
		}
		const shared = packFrames(effects.shared);
		for (const [session, seat] of this.#seats) {
			if (!seat.open) continue;
			const own = effects.private.get(session) ?? [];
			const isLive = seat.attachment !== null && !effects.withheld.has(session);
			seat.hear(effects.frames.get(session) ?? []);
			seat.hear(isLive ? extendFrames(shared, own) : packFrames(own));
		}
		for (const { session, code } of effects.closes) {
			const seat = this.#seat(session);
			seat.open = false;
			seat.closeCode = code;
		}
		for (const [reply, answer] of effects.replies) this.replies.set(reply, answer);
		this.queue.take(effects.jobs);
		if (effects.alarmAt !== null && (this.alarmAt === null || effects.alarmAt < this.alarmAt))
			this.alarmAt = effects.alarmAt;
		this.#later.push(...effects.later);
		if (effects.again) this.#hasMore = true;
	}

	#seat(session: string): Seat {
		const seat = this.#seats.get(session);
		if (seat === undefined) throw new Error(`There is no session ${session}.`);
		return seat;
	}

	// What the sessions have heard.

	heard(session: string): readonly ServerMessage[] {
		return this.#seat(session).heard;
	}

	/** What a session heard since this was last asked. */
	news(session: string): ServerMessage[] {
		return this.#seat(session).news();
	}

	frames(session: string): readonly string[] {
		return this.#seat(session).frames;
	}

	closeCode(session: string): number | null {
		return this.#seat(session).closeCode;
	}

	/** How often a session was paused. */
	pauses(session: string): number {
		return this.#seat(session).pauses;
	}

	attachment(session: string): Attachment | null {
		return this.#seat(session).attachment;
	}

	/** All that anyone heard, and how it ended. */
	transcript(): unknown {
		return [...this.#seats].map(([session, { heard, closeCode }]) => ({ session, heard, closeCode }));
	}

	get sessions(): string[] {
		return [...this.#seats.keys()];
	}
}
