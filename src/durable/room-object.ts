/**
 * The room's body: a Durable Object that holds the sockets and the store, gathers what arrives,
 * lets the room decide, and performs what it decided. Always in this order: parse, turn (one
 * transaction), attachments, send, alarm.
 */

import { DurableObject } from "cloudflare:workers";
import { app } from "../app.ts";
import { type Decoded, decodeFrame, encodeMessage } from "../protocol/codec.ts";
import { HTTP_STATUS, type Refusal } from "../protocol/codes.ts";
import type { PostModeration } from "../protocol/http.ts";
import { OPERATOR } from "../protocol/ids.ts";
import { ALARM_RETRY_MS, DOOR_PERIOD_MS, FLOW_POLL_MS, SETTLE_MS } from "../protocol/limits.ts";
import type { Capability } from "../protocol/messages.ts";
import type { Outcome, Task } from "../protocol/outcome.ts";
import type { Rules } from "../protocol/rules.ts";
import { readSettings, type Settings } from "../protocol/settings.ts";
import type { Effects, Reply } from "../room/effects.ts";
import { type Input, type Post, splitInput } from "../room/inputs.ts";
import type { JobState, Sending } from "../room/jobs.ts";
import { Room } from "../room/room.ts";
import { Inbox } from "./inbox.ts";
import { answerClose, Sockets } from "./sockets.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { readTicket, TICKET_HEADER } from "./ticket.ts";
import { TurnClock } from "./turn-clock.ts";

/** The platform's bound on a batch. */
const SEND_BATCH_MAX = 100;

const NEWER_SCHEMA: Refusal = {
	code: "newer_schema",
	message: "This room was last written by a newer version of the server; try again when the deploy is complete.",
	retryAfterMs: 30_000,
};

/** An HTTP answer from the room: JSON text, or a refusal. */
export type Answer = { json: string } | { refusal: Refusal };

export type RoomStub = DurableObjectStub<RoomObject>;

/** Who calls over HTTP, as the Worker proved it. */
export interface Visitor {
	/** Null for a guest without a socket. */
	member: string | null;
	name: string;
	can: readonly Capability[];
	/** A guest's network address; null for everyone else. */
	address: string | null;
}

export interface EventsQuery {
	after?: number | undefined;
	before?: number | undefined;
	limit?: number | undefined;
	epoch?: string | undefined;
}

export class RoomObject extends DurableObject<Cloudflare.Env> {
	/** The app whose rules hold here; a test's Worker has another. */
	static readonly app: Pick<typeof app, "rules"> = app;

	readonly #settings: Settings;
	readonly #rules: Rules;
	readonly #jobs: Queue | undefined;
	readonly #store: SqliteStore;
	readonly #sockets: Sockets;
	readonly #inbox = new Inbox();
	readonly #clock: TurnClock;
	readonly #replies = new Map<string, (reply: Reply) => void>();
	#room: Room;
	/** Where the server was last reached over HTTP. */
	#host: string | null = null;
	#flowTimer: ReturnType<typeof setTimeout> | null = null;
	/** When somebody last said something, Unix ms. */
	#heardAt = Date.now();
	/** When the platform will call, Unix ms; null where no alarm is set. */
	#alarmAt: number | null = null;

	constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
		super(ctx, env);
		const vars = env as unknown as Record<string, unknown>;
		this.#settings = readSettings(vars);
		this.#rules = (this.constructor as typeof RoomObject).app.rules(vars);
		this.#jobs = env.JOBS;
		this.#store = new SqliteStore(ctx.storage);
		this.#sockets = new Sockets(ctx);
		this.#clock = new TurnClock(
			() => this.#turn(),
			() => this.#inbox.length,
			() => this.#sockets.count,
		);
		this.#room = this.#wake();
		ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
		void ctx.blockConcurrencyWhile(async () => {
			this.#alarmAt = await ctx.storage.getAlarm();
			if (this.#store.isNewer) return;
			if (this.#room.isRestless) this.#clock.again();
			// An alarm may have been lost with a crash: what is owed is worth another.
			const deadline = this.#room.deadline(Date.now());
			if (deadline !== null) this.#setAlarm(deadline);
		});
	}

	#wake(): Room {
		return Room.wake(this.#store, this.#sockets.wake(), {
			room: this.ctx.id.name ?? "",
			settings: this.#settings,
			now: Date.now(),
			epochIfNew: newEpoch(),
			saltIfNew: crypto.randomUUID(),
			rules: this.#rules,
		});
	}

	/** A join that the Worker has proven; its ticket says who comes. */
	override async fetch(request: Request): Promise<Response> {
		const ticket = readTicket(request.headers.get(TICKET_HEADER) ?? "");
		const address = await this.#hash(ticket.address);
		const join = { ...ticket, address };
		const refusal =
			this.#refusesJoin() ?? this.#room.refusesJoin(join, Date.now()) ?? (await this.#refusesRoom(ticket.from));
		if (refusal !== null) return Response.json(refusal, { status: HTTP_STATUS[refusal.code] });
		const { 0: client, 1: server } = new WebSocketPair();
		const session = crypto.randomUUID();
		this.#sockets.accept(session, server);
		this.#put({ type: "join", session, ...join });
		const headers = new Headers();
		if (ticket.protocol !== null) headers.set("Sec-WebSocket-Protocol", ticket.protocol);
		return new Response(null, { status: 101, webSocket: client, headers });
	}

	#refusesJoin(): Refusal | null {
		if (this.#store.isNewer) return NEWER_SCHEMA;
		if (this.#inbox.isFullFor(1, 0)) {
			return { code: "room_full", message: "The room is very busy; try again in a moment.", retryAfterMs: 1000 };
		}
		if (this.ctx.getWebSockets().length < this.#settings.roomSessionsMax) return null;
		return {
			code: "room_full",
			message: `The room holds at most ${this.#settings.roomSessionsMax} sessions; try again when someone has left.`,
			retryAfterMs: 10_000,
		};
	}

	/** A new room costs storage: an address makes only so many a minute. */
	async #refusesRoom(from: string | null): Promise<Refusal | null> {
		if (from === null || this.#room.isStored || this.env.NEW_ROOMS === undefined) return null;
		const { success } = await this.env.NEW_ROOMS.limit({ key: from });
		if (success) return null;
		return {
			code: "rate_limited",
			message: "Too many new rooms were opened from your network; try again in a minute.",
			retryAfterMs: DOOR_PERIOD_MS,
		};
	}

	/** An address as this room knows it: a keyed hash that is worth nothing elsewhere. */
	async #hash(address: string | null): Promise<string | null> {
		if (address === null) return null;
		const text = new TextEncoder();
		const algorithm = { name: "HMAC", hash: "SHA-256" };
		const key = await crypto.subtle.importKey("raw", text.encode(this.#room.meta.salt), algorithm, false, ["sign"]);
		const digest = new Uint8Array(await crypto.subtle.sign("HMAC", key, text.encode(address)));
		return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
	}

	override webSocketMessage(socket: WebSocket, text: string | ArrayBuffer): void {
		const session = this.#sockets.sessionOf(socket);
		if (session === undefined) return;
		const messages: Decoded[] =
			typeof text === "string"
				? decodeFrame(text)
				: [{ refusal: { code: "binary_reserved", message: "Binary frames are reserved; send JSON as text." } }];
		// Of a frame that was refused whole only the refusal is kept.
		const bytes = typeof text === "string" && "message" in (messages[0] ?? {}) ? text.length : 0;
		if (this.#inbox.isFullFor(messages.length, bytes)) return refuseOverload(socket, messages);
		this.#put({ type: "frame", session, messages }, messages.length, bytes);
	}

	override webSocketClose(socket: WebSocket, code: number): void {
		answerClose(socket, code);
		this.#gone(socket);
	}

	override webSocketError(socket: WebSocket): void {
		this.#gone(socket);
	}

	#gone(socket: WebSocket): void {
		const session = this.#sockets.sessionOf(socket);
		if (session === undefined) return;
		this.#sockets.drop(session);
		this.#put({ type: "leave", session });
	}

	/** Carries every deadline. Never throws: the platform would give up after a few tries. */
	override async alarm(): Promise<void> {
		this.#alarmAt = null;
		if (this.#store.isNewer) return this.#setAlarm(Date.now() + ALARM_RETRY_MS);
		try {
			this.#put({ type: "alarm", pings: this.#sockets.pings() });
		} catch (error) {
			this.#setAlarm(Date.now() + ALARM_RETRY_MS);
			report("An alarm failed and will be tried again", error);
		}
	}

	// Over HTTP, by the Worker's calls.

	async summary(visitor?: Visitor): Promise<Answer> {
		const refusal = await this.refusesReader(visitor);
		if (refusal !== null) return { refusal };
		const { head, floor } = this.#room.meta;
		return {
			json: JSON.stringify({ room: this.#room.name, epoch: this.#epoch, head, floor, count: this.#room.count }),
		};
	}

	async members(visitor?: Visitor): Promise<Answer> {
		const refusal = await this.refusesReader(visitor);
		if (refusal !== null) return { refusal };
		return {
			json: `{"room":${JSON.stringify(this.#room.name)},"count":${this.#room.count},"members":${this.#room.members()}}`,
		};
	}

	async events(query: EventsQuery, visitor?: Visitor): Promise<Answer> {
		const refusal = (await this.refusesReader(visitor)) ?? (await this.#refusesPage(visitor));
		if (refusal !== null) return { refusal };
		const { head, floor } = this.#room.meta;
		const isOtherEpoch = query.epoch !== undefined && query.epoch !== this.#epoch;
		if (isOtherEpoch || (query.after !== undefined && query.after < floor - 1)) {
			return {
				refusal: {
					code: "trimmed",
					message: isOtherEpoch
						? "That epoch's history is gone: the room was wiped. Read it from its floor."
						: `The history begins at ${floor}; read it from there.`,
				},
			};
		}
		const page = this.#room.page(query);
		return {
			json: `{"epoch":${JSON.stringify(this.#epoch)},"floor":${floor},"head":${head},"events":[${page.bodies.join(",")}],"more":${page.more}}`,
		};
	}

	/** Publishes an event for someone who holds no socket. */
	async post(visitor: Visitor, publish: Post["publish"], from: string | null, host: string): Promise<Reply> {
		if (this.#store.isNewer) return { outcome: "refused", refusal: NEWER_SCHEMA };
		this.#host = host;
		const who = await this.#identify(visitor);
		const isOperator = who.member === OPERATOR;
		const refusal = isOperator ? null : (this.#room.refusesJoin(who, Date.now()) ?? (await this.#refusesRoom(from)));
		if (refusal !== null) return { outcome: "refused", refusal };
		return this.#ask((reply) => ({ type: "post", reply, ...who, publish }));
	}

	/** Why one may not read here, or null. */
	async refusesReader(visitor?: Visitor): Promise<Refusal | null> {
		if (this.#store.isNewer) return NEWER_SCHEMA;
		if (visitor === undefined || visitor.member === OPERATOR || this.#room.isUnsanctioned) return null;
		const { member, address } = await this.#identify(visitor);
		return this.#room.refusesReader(member, address, Date.now());
	}

	/** Operators read as fast as they can; everyone else from their member's bucket. */
	async #refusesPage(visitor?: Visitor): Promise<Refusal | null> {
		if (visitor === undefined || visitor.member === OPERATOR) return null;
		return this.#room.refusesPage(await this.#identify(visitor), Date.now());
	}

	/** A guest without a socket is known by its address, so that its retries are its own; nobody else can tell that id. */
	async #identify(visitor: Visitor) {
		const { name, can } = visitor;
		const address = await this.#hash(visitor.address);
		if (visitor.member !== null || address === null) return { member: visitor.member ?? "", name, can, address };
		return { member: `guest:${address.slice(0, 16)}`, name: `${name} ${address.slice(0, 4)}`, can, address };
	}

	/** A moderator or operator acts; an erasure goes on, turn by turn, until nothing is left. */
	async moderate(visitor: Visitor, action: PostModeration): Promise<Reply> {
		const by = await this.#identify(visitor);
		let reply = await this.#ask((reply) => ({ type: "moderate", reply, by, action, after: 0 }));
		while (reply.outcome === "more") {
			const { after } = reply;
			reply = await this.#ask((reply) => ({ type: "moderate", reply, by, action, after }));
		}
		return reply;
	}

	/** Everything that was said here goes; what was is gone from the archive a little later. */
	async wipe(): Promise<Reply> {
		return this.#ask((reply) => ({ type: "wipe", reply, epoch: newEpoch() }));
	}

	/** Puts a failed job on its way again. */
	async replayJob(job: string): Promise<Reply> {
		return this.#ask((reply) => ({ type: "replay", reply, job }));
	}

	jobs(state: JobState | null, limit: number): Answer {
		if (this.#store.isNewer) return { refusal: NEWER_SCHEMA };
		return { json: JSON.stringify({ jobs: this.#room.jobs(state, limit) }) };
	}

	job(id: string): Answer {
		if (this.#store.isNewer) return { refusal: NEWER_SCHEMA };
		const job = this.#room.job(id);
		if (job === null) return { refusal: { code: "not_found", message: "There is no job of that id here." } };
		return { json: JSON.stringify(job) };
	}

	// For the consumer of jobs.

	/** What is to be done for a job; null where it is settled, wiped or sent again since. */
	takeJob(epoch: string, job: string, run: number): Task | null {
		if (this.#store.isNewer) throw new Error(NEWER_SCHEMA.message);
		const task = this.#room.task(epoch, job, run, Date.now());
		if (task !== "moot") return task;
		// What it was about was taken back: there is nothing left to do.
		this.#put({ type: "settle", reply: null, epoch, job, run, outcome: { state: "done", result: null } });
		return null;
	}

	/** Resolves when the outcome is stored, so that the message may be acknowledged. */
	async settleJob(epoch: string, job: string, run: number | null, outcome: Outcome): Promise<void> {
		const reply = await this.#ask((reply) => ({ type: "settle", reply, epoch, job, run, outcome }));
		if (reply.outcome === "refused") throw new Error(reply.refusal.message);
	}

	#ask(input: (reply: string) => Input): Promise<Reply> {
		if (this.#store.isNewer) return Promise.resolve({ outcome: "refused", refusal: NEWER_SCHEMA });
		if (this.#inbox.isFullFor(1, 0)) return Promise.resolve({ outcome: "refused", refusal: OVERLOADED });
		const reply = crypto.randomUUID();
		return new Promise((resolve) => {
			this.#replies.set(reply, resolve);
			this.#put(input(reply));
		});
	}

	/** An epoch that is not stored is not yet real: the next reader would see another. */
	get #epoch(): string {
		return this.#room.isStored ? this.#room.meta.epoch : "";
	}

	// The turn.

	#put(input: Input, messages = 1, bytes = 0): void {
		this.#inbox.put(input, messages, bytes);
		this.#clock.strike();
	}

	#turn(): void {
		const inputs = this.#inbox.take(this.#sockets.count);
		const now = Date.now();
		if (inputs.some(({ type }) => type === "frame" || type === "post" || type === "join")) this.#heardAt = now;
		let effects: Effects;
		try {
			effects = this.#room.turn(inputs, now);
		} catch (error) {
			report("A turn failed and was rolled back; its inputs run again one by one", error);
			this.#turnOneByOne(inputs.flatMap(splitInput), now);
			return;
		}
		this.#perform(effects);
	}

	/** After a turn that threw: nothing of it was kept, so each input gets a turn of its own; the culprit alone is refused. */
	#turnOneByOne(inputs: readonly Input[], now: number): void {
		this.#room = this.#wake();
		for (const input of inputs) {
			try {
				this.#perform(this.#room.turn([input], now));
			} catch (error) {
				report("An input failed and was refused", error);
				this.#room = this.#wake();
				this.#perform(this.#room.refuseInternal(input, now));
			}
		}
	}

	/** After the commit. A throw here leaves sessions that may have missed something: all are dropped, and resume. */
	#perform(effects: Effects): void {
		try {
			if (effects.forget) this.#forget();
			this.#sockets.attach(effects.attachments);
			this.#sockets.deliver(effects);
			this.#sockets.close(effects.closes);
			for (const [reply, answer] of effects.replies) {
				this.#replies.get(reply)?.(answer);
				this.#replies.delete(reply);
			}
			this.#watchFlow();
			if (effects.jobs.length > 0) this.#send(effects.jobs);
			if (effects.alarmAt !== null) this.#setAlarm(effects.alarmAt);
			if (effects.again || this.#inbox.length > 0) this.#clock.again();
		} catch (error) {
			report("Delivering a turn failed; all sessions are dropped and will resume", error);
			this.ctx.abort("a turn could not be delivered");
		}
	}

	/** Looks at what the sockets have not taken yet, now and as long as anything waits for it. */
	#watchFlow(): void {
		const { backlog } = this.#sockets;
		const flow = backlog.look(this.#room.paused, (session) => this.#sockets.get(session), Date.now());
		if (flow !== null) this.#inbox.putFirst(flow);
		if (backlog.isChoked(Date.now() - this.#heardAt)) {
			report("Closed sockets hold more than a room may; all sessions are dropped and will resume", null);
			this.ctx.abort("closed sockets hold too much");
		}
		if (flow !== null) this.#clock.again();
		if (this.#flowTimer !== null || !(backlog.isWaiting || backlog.isUnsettled)) return;
		// What was not taken by the second look holds the object awake in any case: then looking costs nothing.
		const ms = backlog.isWaiting || !backlog.isStill ? FLOW_POLL_MS : SETTLE_MS;
		this.#flowTimer = setTimeout(() => {
			this.#flowTimer = null;
			if (!this.#clock.isBusy) backlog.settle(this.#sockets.entries(), this.#room.paused, Date.now());
			this.#watchFlow();
		}, ms);
	}

	/** Hands jobs to the queue. Never awaited: a queue may hang for a minute, and a room does not. */
	#send(jobs: readonly Sending[]): void {
		const host = this.#sockets.host ?? this.#host;
		const { epoch } = this.#room.meta;
		for (let i = 0; i < jobs.length; i += SEND_BATCH_MAX) {
			const part = jobs.slice(i, i + SEND_BATCH_MAX);
			const refs = part.map(({ job, run }) => ({
				v: 1,
				room: this.#room.name,
				epoch,
				job,
				run,
				host: host ?? undefined,
			}));
			const sent = (isSent: boolean): void => this.#put({ type: "sent", jobs: part, isSent });
			const queue = this.#jobs;
			if (queue === undefined) sent(false);
			else
				queue.sendBatch(refs.map((body) => ({ body }))).then(
					() => sent(true),
					() => sent(false),
				);
		}
	}

	/** An earlier alarm is left to fire for nothing: that is cheaper than moving it at every turn. */
	#setAlarm(at: number): void {
		if (this.#alarmAt !== null && this.#alarmAt <= at) return;
		this.#alarmAt = at;
		void this.ctx.storage.setAlarm(at);
	}

	#forget(): void {
		void this.ctx.storage.deleteAll();
		this.#alarmAt = null;
		this.#store.forget();
		this.#room = this.#wake();
	}
}

const OVERLOADED: Refusal = {
	code: "overloaded",
	message: "The room has more to do than it can hold; send this again a little later.",
	retryAfterMs: 1000,
};

/** 64 random bits. */
function newEpoch(): string {
	return crypto.randomUUID().replaceAll("-", "").slice(0, 16);
}

function refuseOverload(socket: WebSocket, messages: readonly Decoded[]): void {
	const errors = messages.map((decoded) => {
		const id = "message" in decoded && "id" in decoded.message ? decoded.message.id : undefined;
		return encodeMessage({ type: "error", id, ...OVERLOADED });
	});
	try {
		socket.send(`[${errors.join(",")}]`);
	} catch {
		// It is gone already.
	}
}

/** Tells the operator where it happened, and nothing of what members said: an error's message may quote it. */
function report(sentence: string, error: unknown): void {
	const where =
		error instanceof Error
			? (error.stack ?? "")
					.match(/^\s+at .*$/gm)
					?.slice(0, 3)
					.join(" ")
			: "";
	console.error(`${sentence}. ${error instanceof Error ? error.name : typeof error} ${where ?? ""}`.trim());
}
