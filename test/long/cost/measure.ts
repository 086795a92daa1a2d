/** One attacker against a process of its own: a calm room first, then ten seconds of it, and what that cost. */
import { DEFAULTS } from "../../../src/protocol/limits.ts";
import { SECRET } from "../../mint.ts";
import { Engine } from "../../support/engine.ts";
import type { Cost } from "../../support/probe/cost/cost.ts";
import { type Runtime, runtime } from "../../support/runtime.ts";
import type { Measured } from "./rule.ts";
import { type Attacker, OPERATOR_KEY, pause, Stage } from "./stage.ts";
import { Victim } from "./victim.ts";

const CALM_MEMBERS = 20;
const CALM_MS = 500;
const SAMPLE_MS = 50;
/** How long the room may take to come back to itself, so that what is left can be weighed. */
const AFTERMATH_MS_MAX = 30_000;
/** How long what was said last may still take to be heard. */
const LAST_HEARD_MS = 500;
const VICTIM_ADDRESS = "198.51.100.1";

export interface Run {
	seconds: number;
	/** What the engine may hold of old objects. */
	heapMiB: number;
	/** What half of its nursery may hold; the engine's own choice where it is not said. */
	youngMiB?: number;
}

/** What is seen of the process while it lives. */
class Watch {
	memoryBytes = 0;
	cost: Cost | null = null;
	hasDied = false;
	readonly #server: Runtime;
	readonly #timer: NodeJS.Timeout;
	readonly died: Promise<void>;

	constructor(server: Runtime) {
		this.#server = server;
		this.died = server.child.ended.then(() => {
			this.hasDied = true;
		});
		this.#timer = setInterval(() => this.look(), SAMPLE_MS);
	}

	look(): void {
		this.memoryBytes = Math.max(this.memoryBytes, this.#server.child.memoryPeak() ?? 0);
	}

	begin(): void {
		this.#server.child.forgetMemoryPeak();
		this.memoryBytes = 0;
	}

	/** What a promise gives; null where the process dies first or it takes too long. */
	async unlessDead<T>(work: Promise<T>, msMax = AFTERMATH_MS_MAX): Promise<T | null> {
		const timeout = new AbortController();
		const late = new Promise<null>((resolve) => {
			const timer = setTimeout(() => resolve(null), msMax);
			timeout.signal.addEventListener("abort", () => clearTimeout(timer));
		});
		try {
			return await Promise.race([work, this.died.then(() => null), late]);
		} finally {
			timeout.abort();
		}
	}

	/** What the engine holds, bytes. An engine at rest answers its inspector only when it next has something to do. */
	async weigh(engine: Engine): Promise<number | null> {
		const nudge = setInterval(() => void fetch(`${this.#server.url}/health`).catch(() => {}), SAMPLE_MS);
		try {
			return await this.unlessDead(engine.collect());
		} finally {
			clearInterval(nudge);
		}
	}

	/** What turns have cost since `take-cost`, as long as there is somebody to ask. */
	async askCost(ask: "cost" | "take-cost"): Promise<void> {
		const answer = fetch(`${this.#server.url}/probe/room/${ask}`).then((got) => got.json() as Promise<Cost>);
		const cost = await this.unlessDead(answer.catch(() => null));
		this.cost = ask === "cost" ? cost : null;
	}

	end(): void {
		clearInterval(this.#timer);
	}
}

export async function measure(attacker: Attacker, { seconds, ...engine }: Run): Promise<Measured> {
	const vars = {
		PUBLISH_PER_SECOND: String(DEFAULTS.PUBLISH_PER_SECOND),
		SIGNAL_PER_SECOND: String(DEFAULTS.SIGNAL_PER_SECOND),
		OPERATOR_KEY,
		TOKEN_SECRET: SECRET,
	};
	const server = await runtime(vars, { probe: "cost", isInspected: true, ...engine });
	const stage = new Stage(server.url);
	const watch = new Watch(server);
	let victim: Victim | null = null;
	try {
		await attacker.prepare?.(stage);
		await stage.guests(CALM_MEMBERS - 1 + (attacker.audience ?? 0));
		await attacker.arrange?.(stage);
		victim = await Victim.join(stage.room, VICTIM_ADDRESS);
		return await attackOn({ server, stage, watch, victim }, attacker, seconds);
	} finally {
		watch.end();
		stage.end();
		stage.leave();
		await victim?.leave();
		await server.dispose();
	}
}

interface Scene {
	server: Runtime;
	stage: Stage;
	watch: Watch;
	victim: Victim;
}

async function attackOn(scene: Scene, attacker: Attacker, seconds: number): Promise<Measured> {
	const { server, stage, watch, victim } = scene;
	const engine = await Engine.at(server.inspector);
	await pause(CALM_MS);
	const calmHeapBytes = (await watch.weigh(engine)) ?? Number.NaN;
	const calmMemoryBytes = server.child.memory() ?? Number.NaN;
	await watch.askCost("take-cost");
	Object.assign(stage.traffic, { in: 0, out: 0 });
	const members = stage.members.length + 1;
	watch.begin();
	victim.begin();
	const attack = attacker.attack(stage);
	await Promise.race([pause(seconds * 1000), watch.died]);
	victim.stop();
	stage.end();
	await watch.unlessDead(attack);
	const { in: bytesIn, out: bytesOut } = stage.traffic;
	const heapBytes = await watch.weigh(engine);
	await Promise.race([pause(LAST_HEARD_MS), watch.died]);
	await watch.askCost("cost");
	watch.look();
	engine.close();
	return {
		...{ hasDied: watch.hasDied, seconds, bytesIn, bytesOut, members, harm: stage.harm },
		...{ calmHeapBytes, heapBytes, calmMemoryBytes, memoryBytes: watch.memoryBytes },
		cost: watch.cost,
		...latencyOf(await victim.take()),
	};
}

function latencyOf(taken: readonly number[]): Pick<Measured, "p50Ms" | "p99Ms"> {
	const sorted = [...taken].sort((a, b) => a - b);
	const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
	return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
