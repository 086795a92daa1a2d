/**
 * The room's body: it hears what arrives, by sockets, over HTTP and from the queue, refuses what it has no room for, and
 * has its turns handle the rest. Its members sit on its seats. It knows no platform but its surroundings: the simulated
 * world runs this same body.
 */
import type { Refusal } from "../protocol/codes.ts";
import type { PostModeration } from "../protocol/http.ts";
import type { Outcome, Task } from "../protocol/outcome.ts";
import type { Reply } from "../room/effects.ts";
import type { Identity, Input, Join, Settle } from "../room/inputs.ts";
import type { Room } from "../room/room.ts";
import { type Frame, frameOf } from "./frame.ts";
import { type Weight, weigh, weighFrame } from "./inbox.ts";
import type { KeptWrite } from "./kept-post.ts";
import { Overload } from "./overload.ts";
import { Pace } from "./pace.ts";
import { BUSY, fullOf, NEWER_SCHEMA, OVERLOADED } from "./refusals.ts";
import { Seats } from "./seats.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Answering, Turns } from "./turns.ts";

export type Joining = Omit<Join, "type" | "session">;

export class RoomBody {
	readonly #around: Surroundings;
	readonly #seats: Seats;
	readonly #turns: Turns;
	readonly #overload: Overload;
	readonly #pace: Pace;

	constructor(around: Surroundings) {
		this.#around = around;
		this.#seats = new Seats(around, {
			heard: (session, frame) => this.#hear(session, frameOf(frame)),
			ignored: () => this.#pace.ignored(),
			left: (session) => this.#turns.put({ type: "leave", session }),
			flowed: (flow) => this.#turns.putFirst(flow),
			paused: () => this.room.paused,
			isBusy: () => this.#turns.isBusy,
			looked: () => this.#turns.looked(),
		});
		this.#overload = new Overload(this.#seats);
		this.#turns = new Turns(around, this.#seats, (isEmptied) => {
			this.#pace.turned();
			if (isEmptied) this.#overload.isOver();
		});
		this.#pace = new Pace(this.#turns, around);
	}

	/** For reading only: what changes it goes through a turn. */
	get room(): Room {
		return this.#turns.room;
	}

	/** True where newer code has written the store: this one must not touch it. */
	get isNewer(): boolean {
		return this.#around.isNewer;
	}

	/** True where nothing that arrived would be lost with the memory. */
	get isQuiet(): boolean {
		return this.#turns.isQuiet;
	}

	/** Where the server was reached over HTTP, for rooms in which nobody is. */
	reachedAt(host: string): void {
		this.#turns.host = host;
	}

	/** Why one may not join now, or null. */
	refusesJoin(join: Omit<Identity, "name">): Refusal | null {
		if (this.isNewer) return NEWER_SCHEMA;
		if (this.#turns.isFullFor({ messages: 1, bytes: 0, owner: null })) return BUSY;
		const { roomSessionsMax } = this.#around.settings;
		if (this.#seats.listed >= roomSessionsMax) return fullOf(roomSessionsMax);
		return this.room.door.refusesJoin(join, this.#around.now());
	}

	/** Accepts the socket of one whose join the Worker has proven, and that is not refused. */
	join(socket: WebSocket, join: Joining): void {
		const session = this.#around.newId();
		this.#seats.accept(session, socket);
		this.#turns.put({ type: "join", session, ...join });
	}

	/** A frame has come by a socket. */
	heard(socket: WebSocket, text: string | ArrayBuffer): void {
		this.#seats.heard(socket, text);
	}

	/** A frame has come over HTTP, of one who is proven to be the session's member. */
	say(session: string, text: string): void {
		this.#hear(session, frameOf(text));
	}

	/** A socket has closed, with `code`; without one it broke. */
	closed(socket: WebSocket, code: number | null): void {
		this.#seats.closed(socket, code);
	}

	#hear(session: string, frame: Frame): void {
		this.#pace.heard(session, frame.bytes);
		const weight = weighFrame(frame, { session, address: this.room.ownerOf(session)?.address ?? null });
		if (!this.#turns.isFullFor(weight)) {
			return this.#turns.putText(weight, () => this.#readFrame(session, frame));
		}
		if (this.#overload.refuse(session, frame, this.room.paused.has(session)))
			this.#turns.put({ type: "leave", session });
	}

	/** Whether its socket is behind matters to one who asks for more, and to ask costs. */
	#readFrame(session: string, frame: Frame): Input {
		const messages = frame.read();
		const asksForPages = messages.some((decoded) => "message" in decoded && decoded.message.type === "history");
		const isBehind = asksForPages && this.#seats.isBehind(session);
		return { type: "frame", session, messages, ...(isBehind ? { isBehind } : {}) };
	}

	/** Carries every deadline. Never throws: the platform would give up after a few tries. */
	alarm(): void {
		this.#turns.alarm();
	}

	// Over HTTP and from the queue: `answer` hears what a turn says to it.

	/** Publishes an event, or sets an entry, for someone who holds no socket. */
	write(who: Identity, { text, read }: KeptWrite, answer: Answering): void {
		const refusal = this.room.door.refusesPost(who, this.#around.now());
		if (refusal !== null) return answer({ outcome: "refused", refusal });
		const weight = weigh(text, { session: who.member, address: who.address ?? null });
		this.#askText(weight, answer, (reply) => ({ reply, ...who, ...read() }));
	}

	/** A moderator or operator acts. */
	moderate(by: Identity, action: PostModeration, answer: Answering): void {
		this.#ask((reply) => ({ type: "moderate", reply, by, action }), answer);
	}

	/** Everything that was said here goes; what was is gone from the archive a little later. */
	wipe(answer: Answering): void {
		this.#ask((reply) => ({ type: "wipe", reply, epoch: this.#around.newEpoch() }), answer);
	}

	/**
	 * Lets those go who are gone, before it is told who is here. Costs a turn where somebody may be.
	 * @returns false where that turn failed: then it is told as it was, and they go by the next one.
	 */
	async look(): Promise<boolean> {
		if (!this.room.isStale(this.#around.now())) return true;
		const look = (reply: string): Input => ({ type: "look", reply, pings: this.#seats.pings() });
		const reply = await new Promise<Reply>((answer) => this.#ask(look, answer));
		return "outcome" in reply && reply.outcome === "done";
	}

	/** Puts a failed job on its way again. */
	replayJob(job: string, answer: Answering): void {
		this.#ask((reply) => ({ type: "replay", reply, job }), answer);
	}

	/** What is to be done for a job; null where it is settled or wiped. */
	takeJob(epoch: string, job: string, run: number): Task | null {
		if (this.isNewer) throw new Error(NEWER_SCHEMA.message);
		const task = this.room.task(epoch, job, run, this.#around.now());
		if (task !== "gone") return task;
		// What it was about was taken back: there is nothing left to do.
		this.#turns.put({ type: "settle", reply: null, epoch, job, run, outcome: { state: "done", result: null } });
		return null;
	}

	/** A consumer reports what came of a job. */
	settleJob({ outcome, ...job }: Omit<Settle, "type" | "reply">, answer: Answering): void {
		const text = JSON.stringify(outcome);
		this.#askText(weigh(text, null), answer, (reply) => {
			return { type: "settle", reply, ...job, outcome: JSON.parse(text) as Outcome };
		});
	}

	/** Puts an input into the inbox; `answer` hears the turn's answer to it. */
	#ask(input: (reply: string) => Input, answer: Answering): void {
		this.#askText({ messages: 1, bytes: 0, effort: 0, owner: null }, answer, input);
	}

	/** Like {@link #ask}, of what is decoded when it is taken. */
	#askText(weight: Weight, answer: Answering, input: (reply: string) => Input): void {
		if (this.isNewer) return answer({ outcome: "refused", refusal: NEWER_SCHEMA });
		if (this.#turns.isFullFor(weight)) return answer({ outcome: "refused", refusal: OVERLOADED });
		this.#turns.ask(weight, answer, input);
	}
}
