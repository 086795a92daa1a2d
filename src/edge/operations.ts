/** What operators do over HTTP: jobs, the directory of rooms, search across rooms, and wiping a room. */

import { Hono } from "hono";
import { deadLettersPage } from "../jobs/archive/dead-letters.ts";
import { roomsPage } from "../jobs/archive/directory.ts";
import { searchPage } from "../jobs/archive/search.ts";
import { SEARCH_CHARS_MAX } from "../protocol/job-limits.ts";
import { JOB_STATES, type JobState } from "../protocol/jobs.ts";
import { PAGE_EVENTS_DEFAULT, PAGE_EVENTS_MAX } from "../protocol/limits.ts";
import { readerOf, requireCapability } from "./access/caller.ts";
import { answer, done } from "./events.ts";
import { requireOperator, requireOperatorReading } from "./operators.ts";
import { problem, Refused } from "./problem.ts";
import { NO_CURSOR, queryOf, single, wholeNumber } from "./query.ts";
import { roomOf } from "./room-of.ts";
import type { RouteEnv } from "./route-env.ts";
import { requireWritable } from "./writable.ts";

export const operations = new Hono<RouteEnv>();

/** @throws Refused `not_configured` where there is none. */
function archiveOf({ ARCHIVE }: Cloudflare.Env): D1Database {
	if (ARCHIVE !== undefined) return ARCHIVE;
	throw new Refused("not_configured", "This server keeps no archive: its Worker lacks the binding ARCHIVE.");
}

operations.get("/rooms", async (c) => {
	await requireOperatorReading(c.req.raw, c.env);
	return c.json(listed(await roomsPage(archiveOf(c.env), limitOf(c.req.url), cursorOf(c.req.url))));
});

operations.get("/dead-letters", async (c) => {
	await requireOperatorReading(c.req.raw, c.env);
	return c.json(listed(await deadLettersPage(archiveOf(c.env), limitOf(c.req.url), cursorOf(c.req.url))));
});

/** A room's own archive is read by those who may read the room; all rooms together by operators alone. */
operations.get("/archive/search", async (c) => {
	const room = single(queryOf(c.req.url), "room");
	if (room === null) {
		await requireOperatorReading(c.req.raw, c.env);
	} else {
		const caller = await readerOf(c.req.raw, room, c.env, c.var.app);
		requireCapability(caller, "read");
		const refusal = await roomOf(c.env, room).refusesReader(caller);
		if (refusal !== null) return problem(refusal);
	}
	const query = single(queryOf(c.req.url), "q") ?? "";
	if (query.length === 0 || query.length > SEARCH_CHARS_MAX) {
		throw new Refused("bad_request", `\`q\` is what to search for: 1 to ${SEARCH_CHARS_MAX} characters.`);
	}
	const asked = { words: query, room };
	return c.json(listed(await searchPage(archiveOf(c.env), asked, limitOf(c.req.url), cursorOf(c.req.url))));
});

operations.delete("/rooms/:room", async (c) => {
	requireWritable(c.req.raw, c.env);
	await requireOperator(c.req.raw, c.env);
	return done(await roomOf(c.env, c.req.param("room")).wipe());
});

operations.get("/rooms/:room/jobs", async (c) => {
	await requireOperator(c.req.raw, c.env);
	const state = single(queryOf(c.req.url), "state");
	if (state !== null && !(JOB_STATES as readonly string[]).includes(state)) {
		throw new Refused("bad_request", `\`state\` is one of ${JOB_STATES.join(", ")}.`);
	}
	const cursor = cursorOf(c.req.url);
	return answer(await roomOf(c.env, c.req.param("room")).jobs(state as JobState | null, limitOf(c.req.url), cursor));
});

operations.get("/rooms/:room/jobs/:job", async (c) => {
	await requireOperator(c.req.raw, c.env);
	return answer(await roomOf(c.env, c.req.param("room")).job(c.req.param("job")));
});

operations.post("/rooms/:room/jobs/:job/replay", async (c) => {
	requireWritable(c.req.raw, c.env);
	await requireOperator(c.req.raw, c.env);
	return done(await roomOf(c.env, c.req.param("room")).replayJob(c.req.param("job")));
});

function cursorOf(url: string): string | null {
	return single(queryOf(url), "cursor");
}

/** @throws Refused where there is no page, for the cursor was none. */
function listed<T>(page: T | null): T {
	if (page !== null) return page;
	throw new Refused("bad_request", NO_CURSOR);
}

function limitOf(url: string): number {
	return wholeNumber(queryOf(url), "limit", 1, PAGE_EVENTS_MAX) ?? PAGE_EVENTS_DEFAULT;
}
