/**
 * What a room's body met in one world, and what it did: what the real object is held to (test/workers/replay).
 * A trace speaks of the object's face alone: sockets, calls, the alarm, timers, sleep and crash.
 */
import type { EventsQuery, Answer as Read } from "../../src/durable/reading.ts";
import type { Joining } from "../../src/durable/room-body.ts";
import type { Mishap } from "../../src/durable/surroundings.ts";
import type { Refusal } from "../../src/protocol/codes.ts";
import type { PostModeration } from "../../src/protocol/http.ts";
import type { Outcome, Task } from "../../src/protocol/outcome.ts";
import type { RangeRule } from "../../src/protocol/rules.ts";
import type { Settings } from "../../src/protocol/settings.ts";
import type { Reply } from "../../src/room/effects.ts";
import type { Moderate, Post, Put, Setting } from "../../src/room/inputs.ts";
import type { PublishKey } from "../../src/room/known-keys.ts";
import type { Attachment } from "../../src/room/session.ts";
import type { Stored } from "./stored.ts";

/** What the room was asked over HTTP or RPC. */
export type Call =
	| { act: "post"; who: Omit<Post, "type" | "reply" | "publish">; publish: Post["publish"] }
	| { act: "put"; who: Omit<Put, "type" | "reply" | "set">; set: Setting }
	| { act: "moderate"; by: Moderate["by"]; action: PostModeration }
	| { act: "wipe" }
	| { act: "replay"; job: string }
	| { act: "take"; epoch: string; job: string; run: number }
	| { act: "settle"; epoch: string; job: string; run: number | null; outcome: Outcome };

/** What happened to the object. Timers and batches count from 0, over all its lives. */
export type Act =
	| { act: "join"; call: number; wire: number; join: Joining }
	| (Call & { call: number })
	| { act: "message"; wire: number; text: string | ArrayBuffer }
	| { act: "ping"; wire: number }
	| { act: "close"; wire: number; code: number }
	| { act: "alarm" }
	| { act: "timer"; n: number }
	| { act: "told"; batch: number; isSent: boolean }
	/** It woke though nothing has come: work was under way, or somebody looks in. */
	| { act: "wake" }
	| { act: "sleep"; rest: AtRest }
	| { act: "crash" };

/** What the body asked of its surroundings. */
export type Asked =
	| { woke: readonly Attachment[] }
	| { afterMs: number }
	| { alarmAt: number }
	| { forgot: true }
	| { batch: readonly unknown[] }
	| { reported: Mishap };

/** What reached a member's end of a socket. */
export type Heard = { text: string } | { code: number; reason: string };

/** A refused join, what was said to a call, or that the machine died before it said anything. */
export type Answer = Refusal | Reply | Task | null | "lost";

export interface Step {
	act: Act;
	/** The room's time, Unix ms. */
	now: number;
	/** The ids and epochs that the body was given, in order. */
	given: string[];
	asked: Asked[];
	/** By wire. */
	heard: Map<number, Heard[]>;
	/** By call. */
	answers: Map<number, Answer>;
}

/** What can be seen of a room in which nothing is under way. */
export interface AtRest {
	stored: Stored;
	/** Every key that was ever published under. */
	keys: readonly PublishKey[];
	alarmAt: number | null;
	/** What HTTP shows, as JSON. */
	pages: { query: EventsQuery; answer: Read }[];
	/** Null where somebody may be gone: who asks then has the room look, which is a turn that the trace has not. */
	members: string | null;
	jobs: Read;
}

export interface Trace {
	seed: number;
	room: string;
	salt: string;
	settings: Settings;
	ranges: readonly RangeRule[];
	steps: Step[];
}
