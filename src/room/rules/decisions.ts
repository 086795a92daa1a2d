/** Runs the app's rules in a turn: on events, and on comings and goings. What they throw harms nothing but what they decide on. */

import type { Refusal } from "../../protocol/codes.ts";
import { decide, type Ground, RuleMistake, Unheeded } from "../../protocol/decide.ts";
import type { Decide, DecidedEvent, RuleRoom } from "../../protocol/decision.ts";
import { ROOM_MEMBER } from "../../protocol/ids.ts";
import type { Capability } from "../../protocol/messages.ts";
import { TURN_DECISIONS_EFFORT_MAX } from "../../protocol/rules-limits.ts";
import type { Settings } from "../../protocol/settings.ts";
import type { Buckets } from "../buckets.ts";
import type { Concern } from "../concern.ts";
import type { RoomMishap } from "../effects.ts";
import type { Starter } from "../job-counts.ts";
import type { Cause } from "../placing.ts";
import type { RoomRecord } from "../record.ts";
import type { Roster } from "../roster.ts";
import type { Sessions } from "../sessions.ts";
import type { State } from "../state.ts";
import { oweDecision, takeBytes, takeDecision } from "../tolls.ts";
import type { Turn } from "../turn.ts";
import type { Dice } from "./dice.ts";
import type { Ruling, Rulings } from "./rulings.ts";

/** What is decided on: `run` is the rule, and `cause` why it is. */
export interface Question {
	run: (room: RuleRoom) => unknown;
	cause: Cause;
}

/** An event that nothing else speaks against. */
export interface Judged {
	decide: Decide | undefined;
	/** Whose it is; null for one of the room's own. */
	by: Starter | null;
	id: string | null;
	author: string;
	can: readonly Capability[];
	name: string;
	dataJson: string;
}

/** With the event as the cause of what is decided. */
export type Judgement = Answer & { cause: Cause };

export type Answer =
	| { ruling: Ruling }
	/** `error`: where the rule itself has failed. */
	| { refusal: Omit<Refusal, "id">; error?: unknown };

interface Needs {
	settings: Settings;
	buckets: Buckets;
	record: RoomRecord;
	state: State;
	sessions: Sessions;
	roster: Roster;
	dice: Dice;
	rulings: Rulings;
}

const FAILED = {
	code: "internal",
	message: "A rule of this room failed at this, and kept nothing of it; its operator is told.",
} as const;

export class Decisions implements Concern {
	readonly #room: Needs;
	/** What this turn's decisions took, in units of TURN_DECISIONS_EFFORT_MAX. */
	#effort = 0;
	#mishaps: { mishap: RoomMishap; error: unknown }[] = [];

	constructor(needs: Needs) {
		this.#room = needs;
	}

	begin(): void {
		this.#effort = 0;
	}

	/** True where what is still to be decided waits for the next turn. */
	get isSpent(): boolean {
		return this.#effort >= TURN_DECISIONS_EFFORT_MAX;
	}

	/** Asks a rule. Changes nothing: what was decided on is to be carried out. */
	ask({ run, cause }: Question, now: number): Answer {
		const decided = decide(run, this.#ground(now));
		this.#effort += decided.effort;
		if (decided.outcome === "refused") return { refusal: { code: decided.code, message: decided.message } };
		if (decided.outcome === "failed") return { refusal: FAILED, error: decided.error };
		try {
			const ruling = this.#room.rulings.check(decided, cause);
			return "code" in ruling ? { refusal: ruling } : { ruling };
		} catch (error) {
			if (error instanceof RuleMistake) return { refusal: FAILED, error };
			throw error;
		}
	}

	/** After how many ms its sender may say what so much is told of, 0 at once: that counts for the sender as what it says itself. */
	lateMs({ units }: Ruling, { by }: Cause, now: number): number {
		const { buckets, settings, sessions } = this.#room;
		if (units === 0 || by === null || settings.publishPerSecond === 0) return 0;
		return takeBytes(buckets, by, { units, audience: sessions.size }, now);
	}

	/** After how many ms a rule may be asked about an event of theirs, 0 at once: what decisions take counts for the sender. */
	waitMs(by: Starter, now: number): number {
		const { buckets, settings } = this.#room;
		return settings.publishPerSecond === 0 ? 0 : takeDecision(buckets, by, now);
	}

	#ground(now: number): Ground {
		const { state, roster, dice } = this.#room;
		return {
			now,
			read: (key) => state.read([key])[0]?.value ?? null,
			list: (prefix, limit) => state.within(prefix, limit).map(({ key, value }) => ({ key, json: value ?? "null" })),
			members: () => roster.seen(),
			random: dice.ofDecision(),
		};
	}

	/** Does what was decided on with an event, which has its place now. */
	carryOut({ ruling, cause }: { ruling: Ruling; cause: Cause }, now: number): void {
		this.#room.rulings.carryOut(ruling, cause, now);
	}

	/** What the rule says of an event that is to have the next place; null where none decides on it. */
	judge({ decide: rule, id, by, can, author, name, dataJson }: Judged, now: number): Judgement | null {
		if (rule === undefined) return null;
		const { head, at } = this.#room.record.meta;
		const cause: Cause = { seq: head + 1, by, id };
		// What the rule is given is its own: whatever it does to it is seen by nobody else.
		const data = JSON.parse(dataJson) as unknown;
		const place = { seq: head + 1, at: Math.max(now, at) };
		const event: DecidedEvent = { name, data, from: by?.member ?? ROOM_MEMBER, author, can, ...place };
		const before = this.#effort;
		const answer = this.ask({ run: (room) => rule(event, room), cause }, now);
		const { buckets, settings } = this.#room;
		if (by !== null && settings.publishPerSecond > 0) oweDecision(buckets, by, this.#effort - before, now);
		return { ...answer, cause };
	}

	/** Does what is answered about what stands whatever the answer is: a coming, a going, a deadline. */
	heed(answer: Answer, cause: Cause, now: number): void {
		if ("ruling" in answer) return this.#room.rulings.carryOut(answer.ruling, cause, now);
		const { refusal, error = new Unheeded(refusal.code) } = answer;
		this.report("undone", error);
	}

	/** Told to the operator when the turn is kept. */
	report(mishap: RoomMishap, error: unknown): void {
		this.#mishaps.push({ mishap, error });
	}

	flush(turn: Turn): void {
		for (const { mishap, error } of this.#mishaps) turn.report(mishap, error);
		this.#mishaps = [];
	}
}
