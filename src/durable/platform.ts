/** The real surroundings of a room's body: a Durable Object's. */
import { RuleMistake } from "../protocol/decide.ts";
import type { Rules } from "../protocol/rules.ts";
import type { Settings } from "../protocol/settings.ts";
import { JobsDropped } from "../room/dropped-jobs.ts";
import type { World } from "../room/parts.ts";
import { Room } from "../room/room.ts";
import type { Attachment } from "../room/session.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { MISHAPS, type Mishap, type SocketContext, type Surroundings } from "./surroundings.ts";

export class Platform implements Surroundings {
	readonly settings: Settings;
	readonly #ctx: DurableObjectState;
	readonly #rules: Rules;
	readonly #jobs: Queue | undefined;
	readonly #store: SqliteStore;
	#givesWay = false;

	constructor(ctx: DurableObjectState, settings: Settings, rules: Rules, jobs: Queue | undefined) {
		this.#ctx = ctx;
		this.settings = settings;
		this.#rules = rules;
		this.#jobs = jobs;
		this.#store = this.openStore(ctx.storage);
		ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
	}

	protected openStore(storage: DurableObjectStorage): SqliteStore {
		return new SqliteStore(storage);
	}

	get sockets(): SocketContext {
		return this.#ctx;
	}

	get isNewer(): boolean {
		return this.#store.isNewer;
	}

	wake(attachments: Attachment[]): Room {
		return Room.wake(this.#store, attachments, this.world());
	}

	/** What a room is told that wakes now. */
	protected world(): World {
		return {
			room: this.#ctx.id.name ?? "",
			settings: this.settings,
			now: this.now(),
			epochIfNew: this.newEpoch(),
			saltIfNew: crypto.randomUUID(),
			rules: this.#rules,
		};
	}

	begin(work: (alarmAt: number | null) => void): void {
		void this.#ctx.blockConcurrencyWhile(async () => work(await this.#ctx.storage.getAlarm()));
	}

	now(): number {
		return Date.now();
	}

	after(ms: number, run: () => void): void {
		setTimeout(run, ms);
	}

	newId(): string {
		return crypto.randomUUID();
	}

	/** 64 random bits. */
	newEpoch(): string {
		return crypto.randomUUID().replaceAll("-", "").slice(0, 16);
	}

	setAlarm(at: number): void {
		void this.#ctx.storage.setAlarm(at);
	}

	forget(): void {
		void this.#ctx.storage.deleteAll();
		this.#store.forget();
	}

	/** Never awaited: a queue may hang for a minute, and a room does not. */
	send(messages: readonly unknown[], hear: (isSent: boolean) => void): void {
		if (this.#jobs === undefined) return hear(false);
		this.#jobs.sendBatch(messages.map((body) => ({ body }))).then(
			() => hear(true),
			() => hear(false),
		);
	}

	/** Tells the operator where it happened, and nothing of what members said: an error's message may quote it. */
	report(mishap: Mishap, error: unknown): void {
		const where =
			error instanceof Error
				? (error.stack ?? "")
						.match(/^[ \t]+at .*$/gm)
						?.slice(0, 3)
						.join(" ")
				: "";
		console.error(`${MISHAPS[mishap]}. ${whatOf(error)} ${where ?? ""}`.trim());
	}

	/**
	 * While concurrency is blocked nothing is delivered, so the platform comes to look at all sockets and timers; then
	 * what has arrived is delivered in the order in which it came, one frame of each socket.
	 */
	giveWay(): void {
		if (this.#givesWay) return;
		this.#givesWay = true;
		void this.#ctx.blockConcurrencyWhile(async () => {
			await new Promise<void>((resolve) => setTimeout(resolve, 0));
			this.#givesWay = false;
		});
	}

	abort(reason: string): void {
		this.#ctx.abort(reason);
	}
}

/** What may be logged of it: the sentence where it is of the server's own, and else no more than its name. */
function whatOf(error: unknown): string {
	if (error instanceof RuleMistake || error instanceof JobsDropped) return error.message;
	if (error instanceof Error) return error.name;
	return error === null ? "" : typeof error;
}
