/**
 * A job kind: heavy work that leaves the room. One file a kind; `app.ts` lists them. A kind is run
 * at least once and settled exactly once, so `run` may happen twice and must not mind.
 */

import type { GenericSchema, InferOutput } from "valibot";
import type { Event } from "../protocol/messages.ts";
import type { RangeTask } from "../protocol/outcome.ts";
import { QUEUE_SLACK_MS } from "../protocol/platform-limits.ts";
import type { WebSignal } from "./web.ts";

export interface Kind<Input = unknown> {
	/** What rooms, members and app.ts call it. */
	name: string;
	/** What it takes. For a kind that events start, `input` is the event's data. */
	input: GenericSchema<unknown, Input>;
	/** True where members may ask for it; else only events start it. */
	asked: boolean;
	/** Who learns its outcome: everyone, by a `room.job` event; the member alone; or nobody but operators. */
	concerns: "room" | "member" | "nobody";
	retry: Retry;
	/** How long one run may take, ms. */
	runMsMax: number;
	/** False for an event about which there is nothing to do: it then owes no job. */
	wants?(event: Pick<Event, "name" | "data">): boolean;
	/** Does the work. Its result is JSON. @throws NonRetryableError where trying again cannot help. */
	run(input: Input, context: JobContext): Promise<unknown>;
}

/** A kind of which the compiler knows more: what it is called, whether it may be asked for, and what comes of it. */
export interface DefinedKind<Name extends string, Asked extends boolean, Schema extends GenericSchema, Result>
	extends Omit<Kind<InferOutput<Schema>>, "name" | "asked" | "input" | "run"> {
	name: Name;
	asked: Asked;
	input: Schema;
	run(input: InferOutput<Schema>, context: JobContext): Promise<Result>;
}

// The mark is for bundlers: a kind that no app lists is left out, with all that it needs.
/* @__NO_SIDE_EFFECTS__ */
/** The kind as it is given, with its own types kept: then pages are checked that ask for it. */
export function defineKind<
	const Name extends string,
	const Asked extends boolean,
	Schema extends GenericSchema,
	Result,
>(kind: DefinedKind<Name, Asked, Schema, Result>): DefinedKind<Name, Asked, Schema, Result> {
	return kind;
}

/** A kind that works on the history itself: what is new since the last time, in order, in ranges. */
export interface RangeKind {
	name: string;
	/** Where it begins in a room that it has not worked on: the first event that is kept, or only what comes next. */
	begins: "floor" | "head";
	/** True where it keeps what it was given: it is then told which members were erased and which epochs wiped. */
	keepsCopy?: boolean;
	/** True where it also tells who is where: it is then sent for when the count of members has changed. */
	listsRooms?: boolean;
	retry: Retry;
	runMsMax: number;
	/** False where it is not configured: nothing is then owed. */
	isActive(env: Readonly<Record<string, unknown>>): boolean;
	/** How much one range holds at most; RANGE_EVENTS_MAX and RANGE_BYTES_MAX where it does not say. */
	bounds?(env: Readonly<Record<string, unknown>>): RangeBounds;
	/**
	 * Takes the range. @throws Unacceptable where an event in it is at fault, Gone where nobody will ever take one, and
	 * anything else, TryAfter among it, where the range is to be held and tried again.
	 */
	run(range: Range, context: JobContext): Promise<void>;
}

export interface RangeBounds {
	events: number;
	/** Of the events as JSON. One that is larger goes alone. */
	bytes: number;
}

/** Exponential backoff with full jitter between attempts: at most `firstSeconds`, then twice that, up to `mostSeconds`. */
export interface Retry {
	/** At most QUEUE_RETRIES_MAX: after those the queue itself gives up. */
	attempts: number;
	firstSeconds: number;
	mostSeconds: number;
}

/** `Env`: the Worker's bindings and variables, as you type them yourself. */
export interface JobContext<Env = unknown> {
	env: Env;
	room: string;
	epoch: string;
	job: string;
	/** Which time the room sent it, from 1. */
	run: number;
	/**
	 * The event that it is about, as it stands now; null for a job that a member asked for, and for a range. One that is
	 * held has no place in the history yet: its seq is 0.
	 */
	event: Event | null;
	/** Who asked for it, or whose event it is about; null where that is the room itself, and for a range. */
	member: string | null;
	/** The display name of that member, as it was then; empty where it is not known. */
	name: string;
	/** The hosts that the server itself is known to be reached at. */
	ownHosts: readonly string[];
	/** Aborted when the run has taken too long. */
	signal: WebSignal;
}

/** True for a kind that works on the history itself. */
export function isRangeKind(kind: Kind | RangeKind): kind is RangeKind {
	return "begins" in kind;
}

/** The part of the history that a range job is about. */
export type Range = Omit<RangeTask, "events"> & { events: Event[] };

/** An error that no retry can heal, as the platform calls it. Its sentence is told to whom the job concerns. */
export class NonRetryableError extends Error {
	readonly code: string;

	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}

/** A range that will not be taken as it is, for what is in it: which event that is, is found, and it is set aside. */
export class Unacceptable extends NonRetryableError {}

/** A range for which there is nobody any more: the kind stops in that room. */
export class Gone extends NonRetryableError {}

/** A range that is to be tried again, not before `retryAfterMs` have passed. Its sentence is shown to operators. */
export class TryAfter extends Error {
	readonly retryAfterMs: number;

	constructor(message: string, retryAfterMs = 0) {
		super(message);
		this.retryAfterMs = retryAfterMs;
	}
}

/** Seconds to wait before the next attempt. `random` is uniform in [0, 1). */
export function backoffSeconds(
	{ firstSeconds, mostSeconds }: Omit<Retry, "attempts">,
	attempt: number,
	random: number,
): number {
	return Math.ceil(random * Math.min(mostSeconds, firstSeconds * 2 ** (attempt - 1)));
}

/** How long the whole of its attempts can take, ms: the room waits longer than that before it sends a job again. */
export function leaseMs({ retry, runMsMax }: Pick<Kind, "retry" | "runMsMax">): number {
	let ms = retry.attempts * runMsMax;
	for (let attempt = 1; attempt < retry.attempts; attempt++) ms += backoffSeconds(retry, attempt, 1) * 1000;
	return ms + QUEUE_SLACK_MS;
}
