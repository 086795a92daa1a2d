/**
 * A room's events as they happen: server-sent events (WHATWG HTML, 9.2) by `fetch`, which can prove who asks. A cut is
 * made up for: it goes on behind the last event that was taken.
 */
import { stopsClient } from "../protocol/codes.ts";
import type { StreamEvent } from "../protocol/event-stream.ts";
import type { Event, Welcome } from "../protocol/messages.ts";
import { EventStream } from "./event-stream.ts";
import { BackendError, delayMs, type Ending, isPassing, pause, type Requests } from "./request.ts";

export interface FollowOptions {
	/** Where to go on: a {@link Followed.cursor} of before. */
	since?: string;
	/** Without `since`: how many of the newest to begin with, 0 to 200; none where it is not said. */
	history?: number;
	/** Ends it. */
	signal?: Ending;
}

export interface Followed extends AsyncIterable<Event> {
	/** Behind the last event that was taken: what `since` takes. Null before anything was heard. */
	readonly cursor: string | null;
}

/** A stream that said nothing for so long is gone: the server writes a sign of life every 10 s. */
const SILENCE_MS_MAX = 30_000;

export function follow(requests: Requests, path: string, options: FollowOptions): Followed {
	const { since = null, history = 0, signal } = options;
	const over = [requests.signal, signal].filter((each) => each !== undefined) as AbortSignal[];
	let cursor = since;
	async function* read(): AsyncGenerator<Event, void, undefined> {
		for (let tries = 0; !over.some(({ aborted }) => aborted); tries++) {
			const ended = new AbortController();
			const all = AbortSignal.any([...over, ended.signal]);
			let waitMs = delayMs(tries);
			try {
				// Of its messages events alone are read.
				const query = { state: "none", ...(cursor === null ? { history } : {}) };
				const headers = { Accept: "text/event-stream", ...(cursor === null ? {} : { "Last-Event-ID": cursor }) };
				const answer = await requests.try(`${path}/events`, { headers, query, signal: all });
				for await (const said of new EventStream(answer, SILENCE_MS_MAX)) {
					const event = eventOf(said, cursor !== null);
					// First, so that whoever keeps the cursor with what it makes of an event keeps it behind that event.
					if (said.id !== null) [cursor, tries] = [said.id, 0];
					if (event !== null) yield event;
				}
			} catch (error) {
				if (over.some(({ aborted }) => aborted)) return;
				if (error instanceof BackendError && !isPassing(error)) throw error;
				if (error instanceof BackendError && error.retryAfterMs !== null) waitMs += error.retryAfterMs;
			} finally {
				ended.abort();
			}
			await pause(waitMs, over.length > 0 ? AbortSignal.any(over) : undefined);
		}
	}
	return {
		get cursor() {
			return cursor;
		},
		[Symbol.asyncIterator]: read,
	};
}

/** The event, where it is one. @throws BackendError where it does not go on from where it was, or has ended */
function eventOf({ type, data }: StreamEvent, isResumed: boolean): Event | null {
	if (type === "event") return JSON.parse(data) as Event;
	if (type === "welcome" && isResumed && (JSON.parse(data) as Welcome).continuity !== "resumed") {
		throw new BackendError("trimmed", "The history does not go on from there any more: read it from its floor.", 410);
	}
	if (type === "close") {
		const { code, reason } = JSON.parse(data) as { code: number; reason: string };
		const message = `The room has ended this. ${reason}`;
		throw stopsClient(code) ? new BackendError("forbidden", message, 403) : new BackendError("unreachable", message);
	}
	return null;
}
