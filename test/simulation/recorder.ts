/**
 * Records a world as a trace. It stands at both faces of the body: what the platform does to it, and what it asks
 * of its surroundings. What the real platform cannot be made to do at a test's word is left out of the plan.
 */
import type { KeptWrite } from "../../src/durable/kept-post.ts";
import { eventsOf, jobsOf } from "../../src/durable/reading.ts";
import { type Joining, RoomBody } from "../../src/durable/room-body.ts";
import type { SocketContext, Surroundings } from "../../src/durable/surroundings.ts";
import type { Refusal } from "../../src/protocol/codes.ts";
import type { Task } from "../../src/protocol/outcome.ts";
import type { Identity } from "../../src/room/inputs.ts";
import type { PublishKey } from "../../src/room/known-keys.ts";
import { CLOSING_DEEDS } from "./closings.ts";
import type { Life } from "./life.ts";
import { type Deed, drawPlan } from "./plan.ts";
import { type Platform, ROOM } from "./platform.ts";
import { storedIn } from "./stored.ts";
import type { Act, Answer, Asked, AtRest, Call, Heard, Step, Trace } from "./trace.ts";
import type { Wire } from "./wire.ts";
import { World } from "./world.ts";

/**
 * A line that is cut or goes dead: inside workerd both ends of a socket are the test's, and none of them breaks.
 * A reader that stalls: the runtime says how much it buffers, not the test. A disk that throws and a machine that
 * dies within a turn: SQLite fails when it fails. Each is tried for real in test/workers/body and test/e2e. Nor what
 * reads at the door, which is the object's own and not the body's.
 */
const UNREPEATABLE: ReadonlySet<Deed> = new Set([
	"cut",
	"halfOpen",
	"stall",
	"fallBehind",
	"resume",
	"trickle",
	"diskThrows",
	"diskDies",
	"diesAfter",
	"sendFails",
	"cutCable",
	...CLOSING_DEEDS,
]);

/** Runs the world of a seed, without what cannot be repeated; what is wiped goes at once, for each store has its own pieces. */
export async function record(seed: number): Promise<Trace> {
	const plan = drawPlan(seed);
	const world = new World({ ...plan, steps: plan.steps.filter(({ does }) => !UNREPEATABLE.has(does)) });
	world.platform.disk.keepsRemains = false;
	const recorder = new Recorder(world.platform);
	await world.run();
	recorder.end();
	return {
		seed,
		room: ROOM,
		salt: world.platform.world().saltIfNew ?? "",
		settings: plan.settings,
		ranges: plan.ranges,
		steps: recorder.steps,
	};
}

class Recorder {
	readonly steps: Step[] = [];
	readonly #platform: Platform;
	/** What is under way; its act is null until it is known. */
	#step: (Omit<Step, "act"> & { act: Act | null }) | null = null;
	#calls = 0;
	#timers = 0;
	#batches = 0;
	/** Calls without an answer. */
	readonly #open = new Set<number>();
	/** Wires whose member was told of the end. */
	readonly #ended = new Set<Wire>();
	/** Every key that was ever published under. */
	readonly #keys: PublishKey[] = [];

	constructor(platform: Platform) {
		this.#platform = platform;
		const { guard, message, sleep, crash, newEpoch, newSession, watch } = platform;
		platform.embody = (life) => this.#follow(new RoomBody(this.#surround(life)));
		platform.guard = (work) => this.#during(null, () => guard.call(platform, work));
		platform.message = (wire, text) => {
			if (text !== "ping") return message.call(platform, wire, text);
			this.#during({ act: "ping", wire: wire.id }, () => {
				this.#hears(wire, { text: "pong" });
				message.call(platform, wire, text);
			});
		};
		platform.sleep = () => this.#sleep(() => sleep.call(platform));
		platform.crash = () => this.#crash(() => crash.call(platform));
		platform.newEpoch = () => this.#give(newEpoch.call(platform));
		platform.newSession = () => this.#give(newSession.call(platform));
		const { committed } = watch;
		watch.committed = (commit) => {
			for (const { from, id } of commit.appended) if (id !== null) this.#keys.push({ member: from, id });
			committed.call(watch, commit);
		};
	}

	/** A last look at what is left. */
	end(): void {
		this.#platform.guard(() => void this.#platform.body);
		this.#platform.sleep();
	}

	/** What happens while `work` runs is one step; what happens within a step is of it. */
	#during(act: Act | null, work: () => void): void {
		if (this.#step !== null) return work();
		const now = this.#platform.clock.roomNow;
		const step = { act, now, given: [], asked: [], heard: new Map(), answers: new Map() };
		this.#step = step;
		try {
			work();
		} finally {
			this.#step = null;
		}
		const { asked } = step as Pick<Step, "asked">;
		if (step.act !== null || asked.length > 0) this.steps.push({ ...step, act: step.act ?? { act: "wake" } });
	}

	/** Says what the step is, unless that is known. */
	#is(act: Act): void {
		if (this.#step !== null) this.#step.act ??= act;
	}

	#give(id: string): string {
		this.#step?.given.push(id);
		return id;
	}

	#asks(asked: Asked): void {
		this.#step?.asked.push(asked);
	}

	#hears(wire: Wire, heard: Heard): void {
		const all = this.#step?.heard.get(wire.id) ?? [];
		all.push(heard);
		this.#step?.heard.set(wire.id, all);
	}

	/** A step of which nothing is left where the room stays awake. */
	#sleep(sleep: () => boolean): boolean {
		if (!this.#platform.isAwake) return false;
		const { length } = this.steps;
		this.#during({ act: "sleep", rest: this.#atRest() }, () => {});
		const hasSlept = sleep();
		if (!hasSlept) this.steps.splice(length);
		return hasSlept;
	}

	#crash(crash: () => void): void {
		this.#during({ act: "crash" }, () => {
			for (const wire of this.#platform.listed()) this.#ends(wire, 1006, "");
			for (const call of this.#open) this.#step?.answers.set(call, "lost");
			this.#open.clear();
		});
		crash();
	}

	#atRest(): AtRest {
		const { disk, body, alarmAt } = this.#platform;
		const { room } = body;
		const queries = [{}, { after: 0 }, { before: room.meta.head, limit: 3 }];
		const pages = queries.map((query) => ({ query, answer: eventsOf(room, query) }));
		return {
			stored: storedIn(disk, this.#keys),
			keys: [...this.#keys],
			alarmAt,
			pages,
			members: room.isStale(this.#platform.clock.roomNow) ? null : room.members(),
			jobs: jobsOf(room, { state: null, limit: 50, cursor: null }),
		};
	}

	// What the body asks for.

	#surround(life: Life): Surroundings {
		const { sockets } = life;
		const accept = (wire: Wire): void => {
			this.#tap(wire);
			sockets.acceptWebSocket(wire as unknown as WebSocket);
		};
		return {
			settings: life.settings,
			isNewer: life.isNewer,
			sockets: { ...sockets, acceptWebSocket: accept as unknown as SocketContext["acceptWebSocket"] },
			wake: (attachments) => {
				this.#asks({ woke: structuredClone(attachments) });
				return life.wake(attachments);
			},
			begin: (work) => life.begin(work),
			now: () => life.now(),
			after: (ms, run) => {
				const n = this.#timers++;
				this.#asks({ afterMs: ms });
				life.after(ms, () => {
					this.#is({ act: "timer", n });
					run();
				});
			},
			newId: () => life.newId(),
			newEpoch: () => life.newEpoch(),
			setAlarm: (at) => {
				this.#asks({ alarmAt: at });
				life.setAlarm(at);
			},
			forget: () => {
				this.#asks({ forgot: true });
				life.forget();
			},
			send: (messages, hear) => {
				const batch = this.#batches++;
				this.#asks({ batch: messages });
				life.send(messages, (isSent) => {
					this.#is({ act: "told", batch, isSent });
					hear(isSent);
				});
			},
			report: (mishap, error) => {
				this.#asks({ reported: mishap });
				life.report(mishap, error);
			},
			giveWay: () => life.giveWay(),
			abort: () => life.abort(),
		};
	}

	/** What the room hands to a socket; only what it does first closes it. */
	#tap(wire: Wire): void {
		const { send, close } = wire;
		wire.send = (frame) => {
			send.call(wire, frame);
			this.#hears(wire, { text: frame });
		};
		wire.close = (code = 1005, reason = "") => {
			this.#ends(wire, code, reason);
			close.call(wire, code, reason);
		};
	}

	#ends(wire: Wire, code: number, reason: string): void {
		if (this.#ended.has(wire)) return;
		this.#ended.add(wire);
		this.#hears(wire, { code, reason });
	}

	// What is done to the body. Within a step it may call itself.

	#follow(body: RoomBody): RoomBody {
		const { refusesJoin, join, heard, closed, alarm, write, moderate, wipe, replayJob, takeJob, settleJob } = body;
		const wireOf = (socket: WebSocket): number => (socket as unknown as Wire).id;
		body.refusesJoin = (who) => {
			const refusal = refusesJoin.call(body, who);
			if (refusal !== null) this.#join(0, who as Joining, refusal);
			return refusal;
		};
		body.join = (socket, who) => {
			this.#join(wireOf(socket), who, null);
			join.call(body, socket, who);
		};
		body.heard = (socket, text) => {
			this.#is({ act: "message", wire: wireOf(socket), text });
			heard.call(body, socket, text);
		};
		body.closed = (socket, code) => {
			if (code === null || code === 1006) throw new Error("A broken socket cannot be repeated.");
			this.#is({ act: "close", wire: wireOf(socket), code });
			closed.call(body, socket, code);
		};
		body.alarm = () => {
			this.#is({ act: "alarm" });
			alarm.call(body);
		};
		body.write = (who, kept, answer) =>
			this.#call(written(who, kept), answer, (tell) => write.call(body, who, kept, tell));
		body.moderate = (by, action, answer) =>
			this.#call({ act: "moderate", by, action }, answer, (tell) => moderate.call(body, by, action, tell));
		body.wipe = (answer) => this.#call({ act: "wipe" }, answer, (tell) => wipe.call(body, tell));
		body.replayJob = (job, answer) =>
			this.#call({ act: "replay", job }, answer, (tell) => replayJob.call(body, job, tell));
		body.takeJob = (epoch, job, run) => {
			let task: Task | null = null;
			this.#call<Task | null>(
				{ act: "take", epoch, job, run },
				(given) => {
					task = given;
				},
				(tell) => tell(takeJob.call(body, epoch, job, run)),
			);
			return task;
		};
		body.settleJob = (settlement, answer) =>
			this.#call({ act: "settle", ...settlement }, answer, (tell) => settleJob.call(body, settlement, tell));
		return body;
	}

	#join(wire: number, join: Joining, answer: Refusal | null): void {
		const call = this.#calls++;
		this.#is({ act: "join", call, wire, join: { ...join } });
		this.#step?.answers.set(call, answer);
	}

	#call<T extends Answer>(asked: Call, answer: (value: T) => void, start: (tell: (value: T) => void) => void): void {
		if (this.#step === null || this.#step.act !== null) return start(answer);
		const call = this.#calls++;
		this.#step.act = { ...asked, call };
		this.#open.add(call);
		start((value) => {
			this.#open.delete(call);
			this.#step?.answers.set(call, value);
			answer(value);
		});
	}
}

function written(who: Identity, { read }: KeptWrite): Call {
	const { type, ...said } = read();
	return "set" in said ? { act: "put", who, set: said.set } : { act: "post", who, publish: said.publish };
}
