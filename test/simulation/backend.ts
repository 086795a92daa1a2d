/** Backends and operators: over HTTP, with retries under the same key until there is an answer. */

import { keepPost, keepSetting } from "../../src/durable/kept-post.ts";
import { eventsOf } from "../../src/durable/reading.ts";
import type { RoomBody } from "../../src/durable/room-body.ts";
import type { Answering } from "../../src/durable/turns.ts";
import type { PostModeration } from "../../src/protocol/http.ts";
import { OPERATOR, OPERATOR_AUTHOR } from "../../src/protocol/ids.ts";
import { DIRECTORY_LAG_MS, RANGE_PAUSE_MS } from "../../src/protocol/job-limits.ts";
import { CAPABILITIES, type Event } from "../../src/protocol/messages.ts";
import type { Reply } from "../../src/room/effects.ts";
import type { Post, Setting } from "../../src/room/inputs.ts";
import { jobNumber } from "../../src/room/jobs.ts";
import { hold } from "./broken.ts";
import type { Character } from "./person.ts";
import type { World } from "./world.ts";

const RETRY_MS = 700;
/** A page of jobs, as an operator asks for it. */
const JOBS_READ = 50;

/** What changed so shortly ago need not be told yet: its lag, the pause of a range and the way there. */
const DIRECTORY_SETTLES_MS = DIRECTORY_LAG_MS + RANGE_PAUSE_MS + 5_000;

interface Asking {
	/** Sees the answer as it leaves the room. */
	check?: (reply: Reply) => void;
	/** Sees it as it arrives. */
	done?: (reply: Reply) => void;
	/** When it reaches the room first, ms; null at once. Where it is not said, soon. */
	inMs?: number | null | undefined;
}

export class Backend {
	readonly #world: World;
	/** The members who were ever erased. */
	readonly erased = new Set<string>();
	/** Requests without an answer. */
	underway = 0;
	/** What was posted, so that it can be posted again. */
	readonly #posted: { member: string; publish: Post["publish"] }[] = [];
	/** While false every reply arrives. */
	losesReplies = true;

	constructor(world: World) {
		this.#world = world;
	}

	/** `inMs`: when it reaches the room first; null at once. */
	post(member: string, inMs?: number | null): void {
		const { random, jury } = this.#world;
		const id = this.#world.newId(member);
		const publish = {
			id,
			name: random.pick(["chat", "order", "held", "price", "room.job"]),
			data: random.pick(["a", "http://x", "rude"]),
			...(random.once(8) ? { expect: random.below(6) } : {}),
		};
		jury.refusals.used(id);
		jury.idempotency.published(member, id, publish.name, publish.data, publish.expect);
		this.#posted.push({ member, publish });
		this.#post(member, publish, inMs);
	}

	/** Sets an entry, and again under the same id until there is an answer. */
	put(member: string, set: Setting): void {
		const { jury } = this.#world;
		jury.refusals.used(set.id);
		jury.state.asked(member, set);
		const address = member === "guest:gus" ? "a1" : null;
		const who = { member, name: member.toUpperCase(), can: CAPABILITIES.slice(0, 5), address };
		this.#ask((body, answer) => body.write(who, keepSetting(set), answer));
	}

	/** Someone posts again what was posted before, under the same key. */
	repost(): void {
		const before = this.#world.random.pick(this.#posted);
		if (before !== undefined) this.#post(before.member, before.publish);
	}

	#post(member: string, publish: Post["publish"], inMs?: number | null): void {
		const { jury } = this.#world;
		const { id } = publish;
		const address = member === "guest:gus" ? "a1" : null;
		const who = { member, name: member.toUpperCase(), can: CAPABILITIES.slice(0, 5), address };
		// What a turn answered before it wiped was never stored.
		let isWiped = false;
		const check = (reply: Reply): void => {
			isWiped = "epoch" in reply && jury.ledger.isWiping && reply.epoch !== jury.ledger.current?.name;
			jury.idempotency.replied(member, id, reply);
			if ("epoch" in reply && !jury.ledger.isWiping)
				hold(reply.epoch === jury.ledger.current?.name, "G4", () => `${member} was told the epoch ${reply.epoch}`);
		};
		this.#ask(
			(body, answer) => {
				body.reachedAt("host");
				body.write(who, keepPost(publish), answer);
			},
			{
				check,
				done: (reply) => {
					if ("seq" in reply && !isWiped)
						this.#world.acknowledged.push({ epoch: reply.epoch, seq: reply.seq, member, id });
				},
				inMs,
			},
		);
	}

	moderate(action: PostModeration, inMs?: number | null): void {
		if (action.action === "erase") this.erased.add(action.member);
		if (action.action === "erase") this.#world.coverage.reach("room", "erased");
		const by = { member: OPERATOR, name: OPERATOR_AUTHOR, can: [...CAPABILITIES], address: null };
		this.#ask((body, answer) => body.moderate(by, action, answer), { inMs });
	}

	wipe(): void {
		this.#ask((body, answer) => body.wipe(answer));
	}

	replay(job: string): void {
		this.#ask((body, answer) => body.replayJob(job, answer));
	}

	/** Asks until there is an answer. */
	#ask(start: (body: RoomBody, answer: Answering) => void, { check, done, inMs }: Asking = {}): void {
		const { clock, random, platform, coverage, jury } = this.#world;
		this.underway++;
		const again = (): void => clock.after(RETRY_MS, attempt);
		const attempt = (): void => {
			platform.call<Reply>(
				(body, answer) => start(body, answer),
				(reply) => {
					check?.(reply);
					if (reply.outcome === "refused") jury.refusals.refused(reply.refusal, "a backend");
					if (this.losesReplies && random.once(6)) {
						coverage.reach("fault", "reply lost");
						return again();
					}
					const isPassing = reply.outcome === "refused" && /internal|overloaded|rate_limited/.test(reply.refusal.code);
					if (isPassing) return again();
					clock.after(1 + random.below(20), () => {
						this.underway--;
						done?.(reply);
					});
				},
				again,
			);
		};
		if (inMs === null) attempt();
		else clock.after(inMs ?? 1 + random.below(20), attempt);
	}

	/** Someone who holds no socket reads over HTTP: at the door first, as the object does; then it is told who is here. */
	readAs({ member, can, address }: Character): void {
		const { platform, jury, coverage, clock } = this.#world;
		platform.guard(() => {
			const { body } = platform;
			const { roster } = jury.ledger;
			const refusal = body.room.door.refusesReader({ member, can, address }, clock.roomNow);
			if (refusal !== null) {
				jury.refusals.refused(refusal, `${member}, who reads`);
				coverage.reach("closing", "a reader was refused");
				if (refusal.code === "room_locked") coverage.reach("closing", "a reader was refused for the lock");
				return;
			}
			jury.access.read({ member, can, address }, clock.roomNow, roster);
			if (body.room.isStale(clock.roomNow)) coverage.reach("closing", "it was looked afresh");
			const isThere = (): boolean => platform.isAwake && platform.body === body;
			const looked = (isFresh: boolean): void => {
				if (isFresh && isThere()) this.#world.judge(() => jury.presence.read(JSON.parse(body.room.members()), clock));
			};
			// The machine may die at it: a promise tells that, and not the call.
			const died = (error: unknown): void =>
				platform.guard(() => {
					if (isThere()) throw error;
				});
			void body.look().then(looked, died);
		});
	}

	/** The directory, as operators read it at any time. `isDue`: nothing has hindered it for as long as it may take. */
	askDirectory(isDue = false): void {
		const { archive, jury, plan, coverage, platform } = this.#world;
		const { current, roster } = jury.ledger;
		if (!plan.ranges.some(({ listsRooms }) => listsRooms) || current === null) return;
		coverage.reach("closing", "the directory was asked");
		const listed = archive.counts.get(current.name) ?? 0;
		if (!isDue || platform.isBusy || this.#world.clock.now - jury.rosterAt < DIRECTORY_SETTLES_MS) return;
		hold(
			listed === roster.size,
			"archive",
			() => `the directory lists ${listed} members where ${roster.size} are here`,
		);
		coverage.reach("closing", "the directory was true again");
	}

	/** Jobs, as operators read them: what came of each is what is known of it. */
	#readJobs(): void {
		const { platform, jury } = this.#world;
		const { current } = jury.ledger;
		for (const body of platform.body.room.jobs({ state: null, limit: JOBS_READ, cursor: null })?.bodies ?? []) {
			const told = JSON.parse(body) as { job: string; result?: unknown; error?: unknown; from?: number };
			const row = told.from === undefined ? current?.jobs.get(jobNumber(current.name, told.job) ?? 0) : undefined;
			if (row === undefined || (row.state !== "done" && row.state !== "failed")) continue;
			const outcome = JSON.stringify(told.result ?? told.error ?? null);
			hold(outcome === row.outcome, "G5", () => `an operator read ${body}, and what came of it is ${row.outcome}`);
		}
	}

	/** Reads a page over HTTP, which must be what is stored. */
	read(): void {
		const { platform, jury, random } = this.#world;
		platform.guard(() => this.#readJobs());
		const after = random.below(10);
		platform.guard(() => {
			const answer = eventsOf(platform.body.room, random.once(2) ? { after } : {});
			if ("refusal" in answer) return;
			const page = JSON.parse(answer.json) as { epoch: string; floor: number; head: number; events: Event[] };
			const current = jury.ledger.current;
			if (current === null) return;
			hold(
				page.epoch === current.name && page.head === current.head && page.floor === current.floor,
				"G2",
				() => `a backend read ${page.epoch} ${page.floor} to ${page.head}, not ${current.name} to ${current.head}`,
			);
			let last: number | null = null;
			for (const event of page.events) {
				const { seq } = event;
				jury.order.isStored("a backend", event);
				hold(last === null || seq === last + 1, "G2", () => `a backend read ${seq} after ${last}`);
				last = seq;
			}
		});
	}
}
