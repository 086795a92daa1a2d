/**
 * A stage for the room: its store, its sessions' sockets with their attachments, a clock and an alarm, and what each
 * session has heard. Its turns and its seats are those of the room's body, on surroundings that a test holds in its
 * hand; it can put the room to sleep, or crash it, between any two steps.
 */
import type * as v from "valibot";
import { Seats } from "../../src/durable/seats.ts";
import type { Mishap, SocketContext, Surroundings } from "../../src/durable/surroundings.ts";
import { Turns } from "../../src/durable/turns.ts";
import { decodeFrame } from "../../src/protocol/codec.ts";
import type { Job } from "../../src/protocol/http.ts";
import type { JobState } from "../../src/protocol/jobs.ts";
import { FLOW_POLL_MS, STILL_POLL_MS } from "../../src/protocol/limits.ts";
import type { Capability, ServerMessage } from "../../src/protocol/messages.ts";
import { NO_RULES, type Rules } from "../../src/protocol/rules.ts";
import { readSettings, type Settings } from "../../src/protocol/settings.ts";
import type { Reply } from "../../src/room/effects.ts";
import type { Flow, Input, Join, Post, Setting } from "../../src/room/inputs.ts";
import type { JobsPage } from "../../src/room/job-list.ts";
import type { Sending } from "../../src/room/jobs.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import type { World } from "../../src/room/parts.ts";
import { Room } from "../../src/room/room.ts";
import type { Attachment } from "../../src/room/session.ts";
import { Postbox } from "./postbox.ts";
import { Seat } from "./seat.ts";

export const T0 = 1_700_000_000_000;
const EVERYTHING: Capability[] = ["read", "publish", "signal", "presence", "job"];
const ALARMS_MAX = 10_000;
const CLOSED = 3;
const WEIGHTLESS = { messages: 1, bytes: 0, effort: 0, owner: null };

export type JobLine = v.InferOutput<typeof Job>;

function asSocket(seat: Seat): WebSocket {
	return seat as unknown as WebSocket;
}

export class Stage {
	/** Unix ms. */
	now = T0;
	store: MemoryStore;
	alarmAt: number | null = null;
	/** When each alarm came. */
	readonly alarms: number[] = [];
	readonly replies = new Map<string, Reply>();
	forgotten = 0;
	/** How many turns there were. */
	turns = 0;
	/** What the operator was told. */
	readonly reports: { mishap: Mishap; error: unknown }[] = [];
	/** The jobs' queue: what it took, and whether it takes anything. */
	readonly queue = new Postbox();

	readonly #sleeps: boolean;
	readonly #sessions = new Map<string, Seat>();
	/** The sockets that were accepted, the oldest first. */
	readonly #sockets: WebSocket[] = [];
	readonly #surroundings: Surroundings;
	#seats!: Seats;
	#turns!: Turns;
	/** What is to run in a macrotask of its own, or a little later. */
	#timers: (() => void)[] = [];
	/** True where the room asked for another turn, or woke with something to do. */
	#isAsking = false;
	#posts = 0;

	/** With `sleeps`, the room is woken anew before each step. */
	constructor(settings: Partial<Settings> = {}, sleeps = false, store = new MemoryStore(), rules = NO_RULES) {
		this.#sleeps = sleeps;
		this.store = store;
		this.#surroundings = this.#surround({ ...readSettings({}), ...settings }, rules);
		this.sleep();
	}

	#surround(settings: Settings, rules: Rules): Surroundings {
		const sockets: unknown = {
			getWebSockets: () => this.#sockets.filter(({ readyState }) => readyState !== CLOSED).reverse(),
			acceptWebSocket: (socket: WebSocket) => this.#sockets.push(socket),
			getWebSocketAutoResponseTimestamp: (seat: Seat) => (seat.pings ? new Date(seat.pingedAt ?? this.now) : null),
		};
		return {
			settings,
			sockets: sockets as SocketContext,
			isNewer: false,
			now: () => this.now,
			// What the sockets have not taken is looked at after each turn; a test fills and empties them.
			after: (ms, run) => void (ms === FLOW_POLL_MS || ms === STILL_POLL_MS || this.#timers.push(run)),
			wake: (attachments) => this.#wake(attachments, this.#world(settings, rules)),
			begin: (work) => work(this.alarmAt),
			setAlarm: (at) => {
				// The platform refuses an alarm at the epoch's beginning, and a past one would hide a deadline that was missed.
				if (at < this.now) throw new Error(`The room asks for an alarm in the past: ${at}.`);
				this.alarmAt = at;
			},
			forget: () => {
				this.forgotten++;
				this.store = new MemoryStore();
				this.alarmAt = null;
			},
			send: (messages, hear) => this.queue.send(messages as readonly Sending[], hear),
			newId: () => `r${++this.#posts}`,
			newEpoch: () => `epoch${this.forgotten + 1}`,
			report: (mishap, error) => void this.reports.push({ mishap, error }),
			giveWay: () => undefined,
			abort: (reason) => {
				throw new Error(reason);
			},
		};
	}

	/** A room that says of each turn whether it asks for another. */
	#wake(attachments: Attachment[], world: World): Room {
		const room = Room.wake(this.store, attachments, world);
		const { turn } = room;
		room.turn = (inputs, now) => {
			const effects = turn.call(room, inputs, now);
			this.#isAsking = effects.again;
			return effects;
		};
		this.#isAsking = room.isRestless;
		return room;
	}

	#world(settings: Settings, rules: Rules): World {
		return { room: "lobby", settings, now: this.now, epochIfNew: `epoch${this.forgotten + 1}`, rules };
	}

	/** Memory is gone; the store, the sockets and the alarm are not. */
	sleep(): void {
		this.#timers = [];
		this.#seats = new Seats(this.#surroundings, {
			heard: () => undefined,
			ignored: () => undefined,
			left: () => undefined,
			flowed: (flow) => this.#turns.putFirst(flow),
			paused: () => this.room.paused,
			isBusy: () => this.#turns.isBusy,
			looked: () => this.#turns.looked(),
		});
		this.#turns = new Turns(this.#surroundings, this.#seats, () => void this.turns++);
	}

	get room(): Room {
		return this.#turns.room;
	}

	/** Memory and all sockets are gone, and nobody was told. */
	crash(): void {
		for (const seat of this.#sessions.values()) seat.drop();
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
		const session = `s${this.#sessions.size + 1}`;
		this.#sessions.set(session, new Seat());
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

	/** Sets an entry: `{ value }`, `{ add }`, and what else a set holds. */
	set(session: string, id: string, key: string, more: object): void {
		this.say(session, { type: "set", id, key, ...more });
	}

	put(member: string, set: Setting, can: readonly Capability[] = EVERYTHING): Reply {
		const reply = `r${++this.#posts}`;
		this.step([{ type: "put", reply, member, name: member.toUpperCase(), can, set }]);
		return this.replies.get(reply) as Reply;
	}

	leave(session: string): void {
		this.step([this.leaving(session)]);
	}

	/** A session's socket has closed, and the room has not heard of it yet. */
	leaving(session: string): Input {
		this.#seat(session).drop();
		return { type: "leave", session };
	}

	/** A cable is cut: the socket stays, and nothing comes from it any more. */
	cut(session: string): void {
		this.#seat(session).pings = false;
	}

	/** A session's last heartbeat was at that time, Unix ms. */
	pinged(session: string, at: number): void {
		this.#seat(session).pingedAt = at;
	}

	/** The sockets' buffers are looked at: whose is full, whose has drained, whose is stuck. */
	flow(seen: Partial<Flow>): void {
		this.step([this.flowing(seen)]);
	}

	flowing(seen: Partial<Flow>): Input {
		for (const session of seen.full ?? []) this.#sessions.get(session)?.fill(true);
		for (const session of seen.drained ?? []) this.#sessions.get(session)?.fill(false);
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
		if (this.#sleeps) this.sleep();
		this.alarmAt = null;
		this.#turns.alarm();
		this.rest();
	}

	ringing(): Input {
		const pings = new Map<string, number>();
		for (const [session, seat] of this.#sessions) if (seat.isOpen && seat.pings) pings.set(session, this.now);
		return { type: "alarm", pings };
	}

	step(inputs: readonly Input[]): void {
		if (this.#sleeps) this.sleep();
		this.turn(inputs);
		this.rest();
	}

	/** The turns that the room itself asks for. */
	rest(): void {
		while (this.#timers.length > 0) {
			if (this.#sleeps && this.#isAsking && this.#turns.isQuiet) this.sleep();
			this.#timers.shift()?.();
		}
	}

	/** True where the room asks for another turn. */
	get hasMore(): boolean {
		return this.#isAsking || !this.#turns.isQuiet;
	}

	/** One turn of all that has arrived: what was put off comes first. */
	turn(arrived: readonly Input[]): void {
		// A turn is at hand, so that these wait for it together.
		this.#turns.putFirst();
		for (const input of arrived) {
			if (input.type === "join") this.#seats.accept(input.session, asSocket(this.#seat(input.session)));
			if (input.type === "leave") this.#seats.closed(asSocket(this.#seat(input.session)), null);
			this.#put(input);
		}
		for (const before = this.turns; this.turns === before; ) this.#timers.shift()?.();
	}

	#put(input: Input): void {
		// What one turn takes of much is the inbox's to choose, and tested there: here they are one turn's.
		if (!("reply" in input) || input.reply === null) return this.#turns.putText(WEIGHTLESS, () => input);
		const { reply } = input;
		this.#turns.ask(
			WEIGHTLESS,
			(answer) => this.replies.set(reply, answer),
			(minted) => ({ ...input, reply: minted }),
		);
	}

	#seat(session: string): Seat {
		const seat = this.#sessions.get(session);
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

	/** What its page may show of that. */
	closeReason(session: string): string {
		return this.#seat(session).closeReason;
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
		return [...this.#sessions].map(([session, { heard, closeCode }]) => ({ session, heard, closeCode }));
	}

	get sessions(): string[] {
		return [...this.#sessions.keys()];
	}
}
