/**
 * The real surroundings of a room's body, but for time, ids, timers and the queue, which are the trace's: a real
 * queue would run its consumer. The salt is the trace's too; in production both it and the ids are random.
 */
import { Platform } from "../../../src/durable/platform.ts";
import { SqliteStore } from "../../../src/durable/sqlite-store.ts";
import type { Mishap, SocketContext } from "../../../src/durable/surroundings.ts";
import type { Rules } from "../../../src/protocol/rules.ts";
import type { World } from "../../../src/room/parts.ts";
import type { Room } from "../../../src/room/room.ts";
import type { Attachment } from "../../../src/room/session.ts";
import type { Trace } from "../../simulation/trace.ts";
import type { Script } from "./script.ts";

/** The alarm is set so much later than the trace says: it rings when the test says so, never by itself. */
export const AHEAD_MS = 100 * 365 * 24 * 3_600_000;

export class Staged extends Platform {
	readonly #ctx: DurableObjectState;
	readonly #trace: Trace;
	readonly #script: Script;

	constructor(ctx: DurableObjectState, trace: Trace, rules: Rules, script: Script) {
		super(ctx, trace.settings, rules, undefined);
		this.#ctx = ctx;
		this.#trace = trace;
		this.#script = script;
	}

	/** What is wiped goes at once, here and in the world that was recorded: each store has its own pieces. */
	protected override openStore(storage: DurableObjectStorage): SqliteStore {
		return new SqliteStore(storage, Number.MAX_SAFE_INTEGER);
	}

	/** The platform's, with each socket tagged by its wire: so it is known again after a sleep. */
	override get sockets(): SocketContext {
		const ctx = this.#ctx;
		const { pingAt } = this.#script;
		return {
			getWebSockets: () => ctx.getWebSockets(),
			acceptWebSocket: (socket) => ctx.acceptWebSocket(socket, [String(this.#script.wire)]),
			// When it was, the trace says; that it was, and is still known, the platform.
			getWebSocketAutoResponseTimestamp: (socket) => {
				const at = ctx.getWebSocketAutoResponseTimestamp(socket);
				return at === null ? null : new Date(pingAt.get(ctx.getTags(socket)[0] ?? "") ?? Number.NaN);
			},
		};
	}

	override wake(attachments: Attachment[]): Room {
		this.#script.asks({ woke: attachments });
		return super.wake(attachments);
	}

	protected override world(): World {
		const { room, salt } = this.#trace;
		return { ...super.world(), room, saltIfNew: salt };
	}

	override begin(work: (alarmAt: number | null) => void): void {
		super.begin((at) => work(at === null ? null : at - AHEAD_MS));
	}

	override now(): number {
		return this.#script.now;
	}

	override after(ms: number, run: () => void): void {
		this.#script.asks({ afterMs: ms });
		this.#script.timers.push(run);
	}

	override newId(): string {
		return this.#script.give();
	}

	override newEpoch(): string {
		return this.#script.give();
	}

	override setAlarm(at: number): void {
		this.#script.asks({ alarmAt: at });
		super.setAlarm(at + AHEAD_MS);
	}

	override forget(): void {
		this.#script.asks({ forgot: true });
		super.forget();
	}

	override send(messages: readonly unknown[], hear: (isSent: boolean) => void): void {
		this.#script.asks({ batch: messages });
		this.#script.told.push(hear);
	}

	override report(mishap: Mishap, error: unknown): void {
		this.#script.asks({ reported: mishap });
		super.report(mishap, error);
	}
}
