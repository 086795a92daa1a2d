/**
 * The mixed load of a soak, the same from the first minute to the last: members over a rough network who publish,
 * signal, move and ask for work; guests who come and go; readers and writers over HTTP; members that read slowly; a
 * quiet room that falls asleep between its events. All of it counts, and none of it keeps what it heard.
 */
import { joinRoom, type Room } from "../../../src/client/index.ts";
import type { Random } from "../../simulation/random.ts";
import { networkIsBack } from "../../support/page.ts";
import { SlowReader } from "../../support/slow-reader.ts";
import { until } from "../../support/until.ts";
import { Latency } from "./latency.ts";

const MEMBERS = 40;
const VISITORS = 10;
const SLOW_READERS = 3;
/** How often each happens, all members together, a second. */
const PER_SECOND = { publish: 30, big: 2, signal: 30, state: 5, sum: 2, visit: 1, read: 5, post: 5 } as const;
type Deed = keyof typeof PER_SECOND;
/** One publish in so many starts a job. */
const CHATS = 5;
const BIG = "x".repeat(20_000);
const TICK_MS = 50;
/** A slow reader reads for a while, and does not for as long. */
const SLOW_MS = 8_000;
/** Longer than the ten seconds after which the platform lets an idle object sleep. */
const QUIET_MS = 16_000;
/** What was lost on the queue is sent again after its lease. */
const SETTLED_MS_MAX = 90_000;

/** Bytes of events that the load publishes a second, and how many: `room.job` and what HTTP posts included. */
export const EVENTS_PER_SECOND = PER_SECOND.publish * (1 + 1 / CHATS) + PER_SECOND.big + PER_SECOND.post + 10;
export const BIG_BYTES_PER_SECOND = PER_SECOND.big * BIG.length;

export interface Counts {
	published: number;
	answered: number;
	refused: number;
	jobsDone: number;
	heard: number;
	gaps: number;
	doubled: number;
	resets: number;
	drops: number;
	httpErrors: number;
}

export class SoakLoad {
	readonly counts: Counts = {
		published: 0,
		answered: 0,
		refused: 0,
		jobsDone: 0,
		heard: 0,
		gaps: 0,
		doubled: 0,
		resets: 0,
		drops: 0,
		httpErrors: 0,
	};
	readonly latency: Latency;
	readonly #url: string;
	readonly #rough: string;
	readonly #random: Random;
	#members: Room[] = [];
	#visitors: Room[] = [];
	#slow: SlowReader[] = [];
	#quiet: Room[] = [];
	#timers: NodeJS.Timeout[] = [];
	#owed: Record<Deed, number> = { publish: 0, big: 0, signal: 0, state: 0, sum: 0, visit: 0, read: 0, post: 0 };
	#tickedAt = 0;
	/** What is not answered yet. */
	#open = 0;
	#posts = 0;

	/** `url` is the server's own, `rough` where the network makes trouble. */
	constructor(url: string, rough: string, random: Random) {
		this.#url = url;
		this.#rough = rough;
		this.#random = random;
		this.latency = new Latency(`${url}/rooms/busy`);
	}

	async begin(): Promise<void> {
		this.#members = Array.from({ length: MEMBERS }, () => this.#join(`${this.#rough}/rooms/busy`));
		this.#visitors = Array.from({ length: VISITORS }, () => this.#join(`${this.#url}/rooms/busy`));
		this.#quiet = Array.from({ length: 3 }, () => this.#join(`${this.#url}/rooms/quiet`));
		await this.latency.begin();
		await this.#placeSlowReaders();
		this.#tickedAt = performance.now();
		this.#timers = [
			setInterval(() => this.#tick(), TICK_MS),
			setInterval(() => this.#turnSlowReaders(), SLOW_MS),
			setInterval(() => void this.#publish(this.#quiet[0], "note", "still here"), QUIET_MS),
		];
	}

	/** Nothing new is begun. */
	stop(): void {
		for (const timer of this.#timers) clearInterval(timer);
		this.latency.end();
	}

	/** Waits until everything is answered; gives how much is not. */
	async allAnswered(): Promise<number> {
		networkIsBack();
		await until(() => this.#open === 0, "everything is answered", undefined, SETTLED_MS_MAX).catch(() => {
			// The verdict says so.
		});
		return this.#open;
	}

	leave(): void {
		for (const room of [...this.#members, ...this.#visitors, ...this.#quiet]) room.leave();
		for (const reader of this.#slow) reader.leave();
	}

	#join(url: string): Room {
		const room = joinRoom(url);
		let last: number | null = null;
		room.on("welcome", ({ continuity }) => {
			if (continuity === "reset") this.counts.resets++;
			if (continuity !== "resumed") last = null;
		});
		room.on("state", ({ kind }) => {
			if (kind === "waiting") this.counts.drops++;
		});
		room.on("event", ({ seq }) => {
			this.counts.heard++;
			if (last !== null && seq <= last) this.counts.doubled++;
			else if (last !== null && seq > last + 1) this.counts.gaps++;
			last = seq;
		});
		return room;
	}

	/** Does what is owed by now: timers that come late do not thin the load out. */
	#tick(): void {
		const now = performance.now();
		for (const deed of Object.keys(PER_SECOND) as Deed[]) {
			this.#owed[deed] = Math.min(
				this.#owed[deed] + (PER_SECOND[deed] * (now - this.#tickedAt)) / 1_000,
				2 * PER_SECOND[deed],
			);
			for (; this.#owed[deed] >= 1; this.#owed[deed]--) this.#do(deed);
		}
		this.#tickedAt = now;
	}

	#do(deed: Deed): void {
		const room = this.#random.pick(this.#members);
		switch (deed) {
			case "publish":
				return void this.#publish(room, this.#random.once(CHATS) ? "chat" : "note", { n: this.counts.published });
			case "big":
				return void this.#publish(room, "note", BIG);
			case "signal":
				return room.signal("cursor", { x: this.#random.below(1_000), y: this.#random.below(1_000) });
			case "state":
				return room.setPresence({ mood: this.#random.below(1_000) });
			case "sum":
				return void this.#ask(room);
			case "visit":
				return this.#visit();
			case "read":
				return void this.#http(this.#random.pick(["", "/events?limit=20", "/members"]));
			case "post":
				return void this.#post();
		}
	}

	async #publish(room: Room | undefined, name: string, data: unknown): Promise<void> {
		this.counts.published++;
		if (await this.#answerTo(room?.publish(name, data))) this.counts.answered++;
	}

	async #ask(room: Room): Promise<void> {
		if (await this.#answerTo(room.requestJob("sum", 1))) this.counts.jobsDone++;
	}

	/** True where it is answered, false where it is refused. */
	async #answerTo(asked: Promise<unknown> | undefined): Promise<boolean> {
		this.#open++;
		try {
			await asked;
			return true;
		} catch {
			this.counts.refused++;
			return false;
		} finally {
			this.#open--;
		}
	}

	/** One leaves for good, and a new guest comes. */
	#visit(): void {
		const place = this.#random.below(VISITORS);
		this.#visitors[place]?.leave();
		this.#visitors[place] = this.#join(`${this.#url}/rooms/busy`);
	}

	async #http(path: string, init: RequestInit = {}): Promise<void> {
		try {
			const answer = await fetch(`${this.#url}/rooms/busy${path}`, {
				...init,
				headers: { Authorization: "Bearer an-operator-key", ...init.headers },
			});
			await answer.arrayBuffer();
			if (!answer.ok) this.counts.httpErrors++;
		} catch {
			this.counts.httpErrors++;
		}
	}

	#post(): Promise<void> {
		const headers = { "Idempotency-Key": `post-${this.#posts++}`, "Content-Type": "application/json" };
		return this.#http("/events", { method: "POST", headers, body: JSON.stringify({ name: "price", data: 1 }) });
	}

	async #placeSlowReaders(): Promise<void> {
		this.#slow = await Promise.all(
			Array.from({ length: SLOW_READERS }, () => SlowReader.join(`${this.#url}/rooms/busy`)),
		);
	}

	/** Those who read stop, and the others read on; one that was closed for it comes again. */
	#turnSlowReaders(): void {
		for (const [place, reader] of this.#slow.entries()) {
			reader.heard.length = 0;
			if (reader.closed !== null) {
				SlowReader.join(`${this.#url}/rooms/busy`).then(
					(fresh) => {
						this.#slow[place] = fresh;
					},
					() => {
						// Tried again at the next turn.
					},
				);
			} else if (this.#random.once(2)) reader.stop();
			else {
				reader.send("ping");
				reader.readOn();
			}
		}
	}
}
