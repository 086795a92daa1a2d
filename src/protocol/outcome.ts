/** What the room and the consumer of its jobs say to each other. */

/** What came of a job. */
export type Outcome = { state: "done"; result: unknown } | Failed;

export interface Failed {
	state: "failed";
	error: Failure;
	/** Of a range; the receiver's where nothing is said. */
	blame?: Blame;
	/** Of a range that is the receiver's to take: it is not tried again before that, ms. */
	retryAfterMs?: number;
}

/**
 * Why a range was not taken. It is the receiver's fault: the range is held, and so is what follows. It is that of what
 * is in it: which event it is, is found by halving, and that one is set aside. Or the receiver is gone for good.
 */
export type Blame = "receiver" | "events" | "gone";

/** A stable code and a sentence. */
export interface Failure {
	code: string;
	message: string;
}

/** What the consumer is to do. JSON texts, so that the room parses nothing. Exactly one of input and range counts. */
export interface Task {
	kind: string;
	input: string;
	/** The event that it is about; of one that is held, with seq 0. */
	event: string | null;
	range: RangeTask | null;
	/** Who asked for it, or whose event it is about, and its display name then; null where that is nobody. */
	by?: { member: string; name: string } | null;
}

/** The part of the history that a range job is about. */
export interface RangeTask {
	from: number;
	to: number;
	/** A JSON array of events. */
	events: string;
	/** When the head and the count were so, Unix ms. */
	asOf: number;
	head: number;
	/** How many members are in the room. */
	count: number;
	/** Epochs that were wiped, whose traces are to be removed. */
	wiped: readonly string[];
	/** Members who were erased, whose events are to be redacted. */
	erased: readonly string[];
}
