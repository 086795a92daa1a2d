/** What the room and the consumer of its jobs say to each other. */

/** What came of a job. */
export type Outcome = { state: "done"; result: unknown } | { state: "failed"; error: Failure };

/** A stable code and a sentence. */
export interface Failure {
	code: string;
	message: string;
}

/** What the consumer is to do. JSON texts, so that the room parses nothing. Exactly one of input and range counts. */
export interface Task {
	kind: string;
	input: string;
	event: string | null;
	range: RangeTask | null;
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
