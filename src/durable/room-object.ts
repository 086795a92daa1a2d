/**
 * The Durable Object of a room, as the platform and the Worker see it: joins, sockets' events, alarms, and the
 * Worker's calls for HTTP and for the consumer of jobs. What it makes of them is its body's.
 */

import { DurableObject } from "cloudflare:workers";
import { app } from "../app.ts";
import { HTTP_STATUS, type Refusal } from "../protocol/codes.ts";
import type { PostModeration } from "../protocol/http.ts";
import { OPERATOR } from "../protocol/ids.ts";
import { DOOR_PERIOD_MS } from "../protocol/limits.ts";
import type { Capability } from "../protocol/messages.ts";
import type { Outcome, Task } from "../protocol/outcome.ts";
import { readSettings, type Settings } from "../protocol/settings.ts";
import type { Reply } from "../room/effects.ts";
import type { Post } from "../room/inputs.ts";
import type { JobState } from "../room/jobs.ts";
import type { Room } from "../room/room.ts";
import { NEWER_SCHEMA, newEpoch, RoomBody } from "./room-body.ts";
import { readTicket, TICKET_HEADER } from "./ticket.ts";

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
	readonly #body: RoomBody;

	constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
		super(ctx, env);
		const vars = env as unknown as Record<string, unknown>;
		this.#settings = readSettings(vars);
		const rules = (this.constructor as typeof RoomObject).app.rules(vars);
		this.#body = new RoomBody(ctx, this.#settings, rules, env.JOBS);
	}

	get #room(): Room {
		return this.#body.room;
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
		this.#body.join(server, join);
		const headers = new Headers();
		if (ticket.protocol !== null) headers.set("Sec-WebSocket-Protocol", ticket.protocol);
		return new Response(null, { status: 101, webSocket: client, headers });
	}

	#refusesJoin(): Refusal | null {
		if (this.#body.isNewer) return NEWER_SCHEMA;
		if (this.#body.isFull) {
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
		this.#body.heard(socket, text);
	}

	override webSocketClose(socket: WebSocket, code: number): void {
		this.#body.closed(socket, code);
	}

	override webSocketError(socket: WebSocket): void {
		this.#body.closed(socket, null);
	}

	override async alarm(): Promise<void> {
		this.#body.alarm();
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
		if (this.#body.isNewer) return { outcome: "refused", refusal: NEWER_SCHEMA };
		this.#body.reachedAt(host);
		const who = await this.#identify(visitor);
		const isOperator = who.member === OPERATOR;
		const refusal = isOperator ? null : (this.#room.refusesJoin(who, Date.now()) ?? (await this.#refusesRoom(from)));
		if (refusal !== null) return { outcome: "refused", refusal };
		return this.#body.ask((reply) => ({ type: "post", reply, ...who, publish }));
	}

	/** Why one may not read here, or null. */
	async refusesReader(visitor?: Visitor): Promise<Refusal | null> {
		if (this.#body.isNewer) return NEWER_SCHEMA;
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
		let reply = await this.#body.ask((reply) => ({ type: "moderate", reply, by, action, after: 0 }));
		while (reply.outcome === "more") {
			const { after } = reply;
			reply = await this.#body.ask((reply) => ({ type: "moderate", reply, by, action, after }));
		}
		return reply;
	}

	/** Everything that was said here goes; what was is gone from the archive a little later. */
	async wipe(): Promise<Reply> {
		return this.#body.ask((reply) => ({ type: "wipe", reply, epoch: newEpoch() }));
	}

	/** Puts a failed job on its way again. */
	async replayJob(job: string): Promise<Reply> {
		return this.#body.ask((reply) => ({ type: "replay", reply, job }));
	}

	jobs(state: JobState | null, limit: number): Answer {
		if (this.#body.isNewer) return { refusal: NEWER_SCHEMA };
		return { json: JSON.stringify({ jobs: this.#room.jobs(state, limit) }) };
	}

	job(id: string): Answer {
		if (this.#body.isNewer) return { refusal: NEWER_SCHEMA };
		const job = this.#room.job(id);
		if (job === null) return { refusal: { code: "not_found", message: "There is no job of that id here." } };
		return { json: JSON.stringify(job) };
	}

	// For the consumer of jobs.

	/** What is to be done for a job; null where it is settled, wiped or sent again since. */
	takeJob(epoch: string, job: string, run: number): Task | null {
		if (this.#body.isNewer) throw new Error(NEWER_SCHEMA.message);
		const task = this.#room.task(epoch, job, run, Date.now());
		if (task !== "moot") return task;
		// What it was about was taken back: there is nothing left to do.
		this.#body.put({ type: "settle", reply: null, epoch, job, run, outcome: { state: "done", result: null } });
		return null;
	}

	/** Resolves when the outcome is stored, so that the message may be acknowledged. */
	async settleJob(epoch: string, job: string, run: number | null, outcome: Outcome): Promise<void> {
		const reply = await this.#body.ask((reply) => ({ type: "settle", reply, epoch, job, run, outcome }));
		if (reply.outcome === "refused") throw new Error(reply.refusal.message);
	}

	/** An epoch that is not stored is not yet real: the next reader would see another. */
	get #epoch(): string {
		return this.#room.isStored ? this.#room.meta.epoch : "";
	}
}
