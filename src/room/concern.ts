/**
 * A concern of a room: one thing that it looks after. The room keeps its concerns in one list, in the order in
 * which they write, and walks it; a concern that has nothing to say to a question leaves it out.
 *
 * What it gathers for one turn it puts into a new Map or Set each time that there was something, and clears none: the table that `clear()`
 * leaves behind points to the next one and keeps what it held, so that once one of them is old the quick collections
 * of the engine free nothing that any turn has gathered since (measured: 100 MiB where the room holds 3).
 */
import type { Turn } from "./turn.ts";

export interface Concern {
	/** True where it has something to do though nothing has arrived. */
	readonly isRestless?: boolean;
	/** False where it holds what keeps the room from being deleted. */
	readonly isEmpty?: boolean;
	/** When it next needs an alarm, Unix ms; null never. Writes nothing: it may be asked at any time. */
	deadline?(now: number): number | null;
	/** An alarm has come: does what is due. */
	due?(turn: Turn): void;
	/**
	 * The clock stands at `now`, and may have stood later before: what it remembers of a time that cannot have been yet
	 * is of `now`, and what is due later than its own period from `now` is due then. So nothing waits until the clock has
	 * caught up, and nothing goes early. Says whether anything is to be written for it.
	 */
	setBack?(now: number): boolean;
	/** Writes what the turn has changed, and says what is to be heard of it. */
	flush?(turn: Turn): void;
	/** Everything that was said goes; the store is wiped already. */
	wipe?(turn: Turn): void;
}

/** Those that answer what is asked in every turn, in their order: most have nothing to say to each of these. */
export function answeringAmong(concerns: readonly Concern[]) {
	const to = <Q extends "due" | "flush" | "deadline">(question: Q) =>
		concerns.filter((concern): concern is Concern & Required<Pick<Concern, Q>> => concern[question] !== undefined);
	return { due: to("due"), flush: to("flush"), deadline: to("deadline") };
}
