/** Everything that a room can ask the platform to do. Performed in this order, after the turn's commit. */
import type { Refusal } from "../protocol/codes.ts";
import type { Input } from "./inputs.ts";
import type { Sending } from "./jobs.ts";
import type { Attachment } from "./session.ts";

export interface Effects {
	/** What survives sleep beside the socket, for the sessions in which it changed. */
	attachments: ReadonlyMap<string, Attachment>;
	/** The sessions that have their welcome with this turn: they hear what is shared, from this turn on unless it is withheld. */
	welcomed: readonly string[];
	/** Encoded messages for everyone who is welcomed but `withheld`, in order. */
	shared: readonly string[];
	/** The same without what they tell of the state, for those sessions that want none of it; null where all are told the same. */
	stateless: { shared: readonly string[]; sessions: ReadonlySet<string> } | null;
	/** The sessions that were not live when the turn began, and get what they missed by replay; and those it closes. */
	withheld: ReadonlySet<string>;
	/** Encoded frames for one session, before all else that it hears. */
	frames: ReadonlyMap<string, readonly string[]>;
	/** Encoded messages for one session, after the shared ones. */
	private: ReadonlyMap<string, readonly string[]>;
	closes: Close[];
	/** Answers to what came over HTTP, by the input's `reply`. */
	replies: Map<string, Reply>;
	/** Jobs to hand to the queue. */
	jobs: readonly Sending[];
	/** When the room next needs an alarm, Unix ms; null where it needs none. */
	alarmAt: number | null;
	/** What the turn had no room for: the next one takes it first. */
	later: readonly Input[];
	/** True where the room has more to send though nothing new has arrived. */
	again: boolean;
	/** What went wrong and harms nothing else: the operator is told. */
	mishaps: readonly { mishap: RoomMishap; error: unknown }[];
	/** True where nothing is worth keeping: the room's storage is to be deleted whole. */
	forget: boolean;
}

/**
 * A rule threw at an event, which was refused; or at what stands all the same, and what it did is undone. Or an event
 * started nothing, since there was no room for it.
 */
export type RoomMishap = "rule" | "undone" | "dropped";

/** What there is under a key: version 0 and null where there is nothing. */
export interface PresentEntry {
	key: string;
	version: number;
	/** Its value. */
	json: string;
}

export interface Close {
	session: string;
	code: number;
	reason: string;
}

export type Reply =
	| { outcome: "published" | "repeated"; epoch: string; seq: number }
	| { outcome: "landed"; epoch: string; version: number; isNew: boolean }
	| { outcome: "held"; job: string }
	| { outcome: "done" }
	/** With the entry as it is, where it may be told. */
	| { outcome: "conflict"; refusal: Refusal; entry: PresentEntry | null }
	| { outcome: "refused"; refusal: Refusal };
