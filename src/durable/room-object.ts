/**
 * The Durable Object of a room, as the platform and the Worker see it: joins, sockets' events, alarms, and the
 * Worker's calls for HTTP and for the consumer of jobs. What it makes of them is its body's.
 */

import { DurableObject } from "cloudflare:workers";
import { type Refusal, statusOf } from "../protocol/codes.ts";
import type { PostModeration } from "../protocol/http.ts";
import { guestIdOf, OPERATOR, SHARED_ADDRESS } from "../protocol/ids.ts";
import type { JobState } from "../protocol/jobs.ts";
import { DOOR_PERIOD_MS } from "../protocol/limits.ts";
import { isNobodysOwn } from "../protocol/loopback.ts";
import type { Capability } from "../protocol/messages.ts";
import type { Outcome, Task } from "../protocol/outcome.ts";
import type { Rules } from "../protocol/rules.ts";
import { readSettings } from "../protocol/settings.ts";
import type { Reply } from "../room/effects.ts";
import type { Post, Setting } from "../room/inputs.ts";
import type { MembersQuery } from "../room/member-list.ts";
import type { Room } from "../room/room.ts";
import type { StateQuery } from "../room/state-list.ts";
import { keepPost, keepSetting } from "./kept-post.ts";
import { Platform } from "./platform.ts";
import {
	type Answer,
	type EntryAnswer,
	type EventsQuery,
	entryOf,
	epochOf,
	eventsOf,
	jobsOf,
	membersOf,
	stateOf,
} from "./reading.ts";
import { NEWER_SCHEMA } from "./refusals.ts";
import { RoomBody } from "./room-body.ts";
import type { Surroundings } from "./surroundings.ts";
import { readTicket, TICKET_HEADER } from "./ticket.ts";

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

/** Who speaks for a session over HTTP, as the Worker proved it. */
export interface Speaker {
	member: string;
	/** A guest's network address; null for everyone else. */
	address: string | null;
}

/** What an app is to its rooms. */
export interface RoomApp {
	/** The rules, given the Worker's variables. */
	rules(env: Readonly<Record<string, unknown>>): Rules;
}

/** An app's rooms are of a class of their own, which `server.ts` makes of this one. */
export abstract class RoomObject extends DurableObject<Cloudflare.Env> {
	/** What surrounds a room's body; a test may have time, ids and turns in its own hand. */
	static readonly surround = (...given: ConstructorParameters<typeof Platform>): Surroundings => new Platform(...given);

	readonly #body: RoomBody;

	constructor(ctx: DurableObjectState, env: Cloudflare.Env, app: RoomApp) {
		super(ctx, env);
		const vars = env as unknown as Record<string, unknown>;
		const { surround } = this.constructor as typeof RoomObject;
		this.#body = new RoomBody(surround(ctx, readSettings(vars), app.rules(vars), env.JOBS));
	}

	get #room(): Room {
		return this.#body.room;
	}

	/** A join that the Worker has proven; its ticket says who comes. */
	override async fetch(request: Request): Promise<Response> {
		const ticket = readTicket(request.headers.get(TICKET_HEADER) ?? "");
		// What is the platform's alone stays here.
		const { from, protocol, ...proven } = ticket;
		const join = { ...proven, address: await this.#hash(ticket.address) };
		const refusal = this.#body.refusesJoin(join) ?? (await this.#refusesRoom(from));
		if (refusal !== null) return Response.json(refusal, { status: statusOf(refusal.code) });
		const { 0: client, 1: server } = new WebSocketPair();
		this.#body.join(server, join);
		const headers = new Headers();
		if (protocol !== null) headers.set("Sec-WebSocket-Protocol", protocol);
		return new Response(null, { status: 101, webSocket: client, headers });
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
		const hex = Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
		return isNobodysOwn(address) ? SHARED_ADDRESS + hex : hex;
	}

	override webSocketMessage(socket: WebSocket, text: string | ArrayBuffer): void {
		this.#body.heard(socket, text);
	}

	/** One whose cable broke is told of here too, as 1006 and not clean: there is nobody to answer. */
	override webSocketClose(socket: WebSocket, code: number, _reason: string, wasClean: boolean): void {
		this.#body.closed(socket, wasClean ? code : null);
	}

	override webSocketError(socket: WebSocket): void {
		this.#body.closed(socket, null);
	}

	override async alarm(): Promise<void> {
		this.#body.alarm();
	}

	// Over HTTP, by the Worker's calls.

	/** `isJoining`: to one who would join it says why it may not, as a join would be told. */
	async summary(visitor?: Visitor, isJoining = false): Promise<Answer> {
		const refusal = (await this.refusesReader(visitor)) ?? (isJoining ? await this.#refusesJoiner(visitor) : null);
		if (refusal !== null) return { refusal };
		await this.#body.look();
		const { head, floor } = this.#room.meta;
		return {
			json: JSON.stringify({ room: this.#room.name, epoch: epochOf(this.#room), head, floor, count: this.#room.count }),
		};
	}

	/** `query` is missing where the Worker is older than this object: it wants those that messages name. */
	async members(visitor?: Visitor, query?: MembersQuery): Promise<Answer> {
		const refusal = await this.refusesReader(visitor);
		if (refusal !== null) return { refusal };
		await this.#body.look();
		return membersOf(this.#room, query);
	}

	async events(query: EventsQuery, visitor?: Visitor): Promise<Answer> {
		const refusal = await this.refusesReader(visitor);
		if (refusal !== null) return { refusal };
		return eventsOf(this.#room, query);
	}

	async state(query: StateQuery, visitor: Visitor): Promise<Answer> {
		const refusal = await this.refusesReader(visitor);
		if (refusal !== null) return { refusal };
		return stateOf(this.#room, query, (await this.#identify(visitor)).member);
	}

	async entry(key: string, visitor: Visitor): Promise<EntryAnswer> {
		const refusal = await this.refusesReader(visitor);
		if (refusal !== null) return { refusal };
		return entryOf(this.#room, key, (await this.#identify(visitor)).member);
	}

	/** Publishes an event for someone who holds no socket. */
	async post(visitor: Visitor, publish: Post["publish"], from: string | null, host: string): Promise<Reply> {
		const who = await this.#writer(visitor, from, host);
		if ("refusal" in who) return { outcome: "refused", ...who };
		return new Promise((answer) => this.#body.write(who, keepPost(publish), answer));
	}

	/** Sets an entry, likewise. */
	async put(visitor: Visitor, set: Setting, from: string | null, host: string): Promise<Reply> {
		const who = await this.#writer(visitor, from, host);
		if ("refusal" in who) return { outcome: "refused", ...who };
		return new Promise((answer) => this.#body.write(who, keepSetting(set), answer));
	}

	/** Who writes without a socket, or why not. */
	async #writer(visitor: Visitor, from: string | null, host: string) {
		if (this.#body.isNewer) return { refusal: NEWER_SCHEMA };
		this.#body.reachedAt(host);
		const who = await this.#identify(visitor);
		const refusal = who.member === OPERATOR ? null : await this.#refusesRoom(from);
		return refusal === null ? who : { refusal };
	}

	/** A frame for a session. Returns why it is not taken, or null: what is made of it the session hears. */
	async say({ member, address }: Speaker, session: string, text: string): Promise<Refusal | null> {
		if (this.#body.isNewer) return NEWER_SCHEMA;
		if (this.#room.ownerOf(session)?.member !== member) {
			return this.#room.door.refusesStranger({ member, address: await this.#hash(address) }, Date.now());
		}
		this.#body.say(session, text);
		return null;
	}

	/** Why one may not read of this room now, be it here or in the archive, or null: then it costs a token of its reads. */
	async refusesReader(visitor?: Visitor): Promise<Refusal | null> {
		if (this.#body.isNewer) return NEWER_SCHEMA;
		if (visitor === undefined) return null;
		return this.#room.door.refusesReader(await this.#identify(visitor), Date.now());
	}

	async #refusesJoiner(visitor?: Visitor): Promise<Refusal | null> {
		return visitor === undefined ? null : this.#body.refusesJoin(await this.#identify(visitor));
	}

	/** A guest without a socket is known by its address, so that its retries are its own; nobody else can tell that id. */
	async #identify(visitor: Visitor) {
		const { name, can } = visitor;
		const address = await this.#hash(visitor.address);
		if (visitor.member !== null || address === null) return { member: visitor.member ?? "", name, can, address };
		const hex = address.replace(SHARED_ADDRESS, "");
		return { member: guestIdOf(hex), name: `${name} ${hex.slice(0, 4)}`, can, address };
	}

	/** A moderator or operator acts; answered when it is done. */
	async moderate(visitor: Visitor, action: PostModeration): Promise<Reply> {
		const by = await this.#identify(visitor);
		return new Promise((answer) => this.#body.moderate(by, action, answer));
	}

	async wipe(): Promise<Reply> {
		return new Promise((answer) => this.#body.wipe(answer));
	}

	async replayJob(job: string): Promise<Reply> {
		return new Promise((answer) => this.#body.replayJob(job, answer));
	}

	/** `cursor` is missing where the Worker is older than this object. */
	jobs(state: JobState | null, limit: number, cursor: string | null = null): Answer {
		const refusal = this.#refusesOperator();
		if (refusal !== null) return { refusal };
		return jobsOf(this.#room, { state, limit, cursor });
	}

	job(id: string): Answer {
		const refusal = this.#refusesOperator();
		if (refusal !== null) return { refusal };
		const job = this.#room.job(id);
		if (job === null) return { refusal: { code: "not_found", message: "There is no job of that id here." } };
		return { json: job };
	}

	/** Why an operator may not read of this room now, or null: then it costs a token of the operators' reads. */
	#refusesOperator(): Refusal | null {
		return this.#body.isNewer ? NEWER_SCHEMA : this.#room.door.refusesOperator(Date.now());
	}

	// For the consumer of jobs.

	takeJob(epoch: string, job: string, run: number): Task | null {
		return this.#body.takeJob(epoch, job, run);
	}

	/** Resolves when the outcome is stored, so that the message may be acknowledged. */
	async settleJob(epoch: string, job: string, run: number | null, outcome: Outcome): Promise<void> {
		const reply = await new Promise<Reply>((answer) => this.#body.settleJob({ epoch, job, run, outcome }, answer));
		if (reply.outcome === "refused") throw new Error(reply.refusal.message);
	}
}
