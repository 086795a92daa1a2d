/**
 * What becomes of a run that threw: whether it is tried again, what the room is told, and a line in the log. The line
 * never holds what people said, and an error's sentence may quote it: only on a developer's own machine it is printed.
 */
import { isLoopback } from "../protocol/loopback.ts";
import type { Event } from "../protocol/messages.ts";
import type { Failed } from "../protocol/outcome.ts";
import {
	backoffSeconds,
	Gone,
	isRangeKind,
	type JobContext,
	type Kind,
	NonRetryableError,
	type RangeKind,
	TryAfter,
	Unacceptable,
} from "./kind.ts";

const CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,47}$/;

/** Try the message again after so many seconds. */
export class Later extends Error {
	readonly delaySeconds: number;

	constructor(delaySeconds: number) {
		super("later");
		this.delaySeconds = delaySeconds;
	}
}

export interface Run {
	kind: Kind | RangeKind;
	context: JobContext;
	/** Which attempt of this message it was, from 1. */
	attempt: number;
	/** The events of a range. */
	events: Event[];
	/** Where a line goes, with the error itself where that may be printed. */
	log: Log;
}

export type Log = (line: string, error: unknown) => void;

export function logToConsole(line: string, error: unknown): void {
	console.warn(line);
	if (error !== null) console.error(error);
}

/** @throws Later where the message is to come again. */
export function failureOf(error: unknown, run: Run): Failed {
	const { kind, attempt } = run;
	if (error instanceof NonRetryableError) return hopeless(error, run);
	if (attempt < kind.retry.attempts) {
		const later = new Later(backoffSeconds(kind.retry, attempt, Math.random()));
		say(error, run, `tried again in ${later.delaySeconds} s`);
		throw later;
	}
	const why = error instanceof Error ? error.message : "it did not say why";
	if (isRangeKind(kind)) return rangeHeld(error, why, run);
	say(error, run, "failed for good");
	return { state: "failed", error: { code: "exhausted", message: `It failed ${attempt} times, last: ${why}` } };
}

function hopeless(error: NonRetryableError, run: Run): Failed {
	const failed: Failed = { state: "failed", error: { code: error.code, message: error.message } };
	if (error instanceof Gone) {
		say(error, run, "stopped, until an operator has it tried again");
		return { ...failed, blame: "gone" };
	}
	if (error instanceof Unacceptable) {
		say(
			error,
			run,
			run.events.length > 1 ? "halved, to find which of them" : "set aside, unless it is one of too many in a row",
		);
		return { ...failed, blame: "events" };
	}
	// Of a job for which there is nothing to be had: that is an outcome like any other.
	return failed;
}

/** A range is tried for as long as it takes, each time as a run of its own: its room says which. */
function rangeHeld(error: unknown, message: string, run: Run): Failed {
	const { kind, context } = run;
	const asked = error instanceof TryAfter ? error.retryAfterMs : 0;
	const retryAfterMs = Math.max(asked, backoffSeconds(kind.retry, context.run, Math.random()) * 1000);
	say(error, run, `held, and what follows with it; tried again in ${Math.ceil(retryAfterMs / 1000)} s`);
	return { state: "failed", error: { code: "exhausted", message }, blame: "receiver", retryAfterMs };
}

/** On a developer's own machine with the error as it is, elsewhere with its name and code alone, unless its sentence is ours. */
function say(error: unknown, { kind, context, attempt, events, log }: Run, next: string): void {
	const { room, job, run, ownHosts } = context;
	const isOurs = error instanceof NonRetryableError || error instanceof TryAfter;
	const range = events.length === 0 ? "" : ` (events ${events[0]?.seq} to ${events.at(-1)?.seq})`;
	const what = `Job ${job}${range} of the kind ${kind.name} in the room ${room}, run ${run}, attempt ${attempt}`;
	const isHome = ownHosts.length > 0 && ownHosts.every((host) => isLoopback(host.replace(/:[0-9]+$/, "")));
	// Once a job: what it says again says nothing new, and a stack takes `wrangler dev` as long as many jobs.
	const isFirst = run === 1 && attempt === 1;
	const why = isOurs ? error.message : nameOf(error, isHome);
	log(`${what}: ${why} – ${next}.`, isHome && isFirst && !isOurs ? error : null);
}

/** A code is one of few words, such as `unauthorized`. */
function nameOf(error: unknown, isHome: boolean): string {
	if (!(error instanceof Error)) return typeof error;
	if (isHome) return `${error.name}: ${error.message}`;
	return "code" in error && typeof error.code === "string" && CODE.test(error.code)
		? `${error.name} (${error.code})`
		: error.name;
}
