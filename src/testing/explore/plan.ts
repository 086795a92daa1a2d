/** What an app's author says of how its rooms are to be explored, and what comes of it. */
import type { Room } from "../../client/room.ts";
import type { EntryKey, EntryValue, EventOf, MemberOf, PresentEntryOf } from "../../client/typed.ts";
import type { App } from "../../jobs/define.ts";
import type { Capability } from "../../protocol/messages.ts";
import type { TestRoom } from "../test-room.ts";

/** Draws one of these, or a whole number of at least 0 and below that one: the same in each replay of a step. */
export interface Draw {
	<const T>(these: readonly T[]): T;
	(below: number): number;
}

/** The room as somebody sees it. */
export interface View<A extends App = App> {
	/** The member's id; null where it is the room itself, as an operator sees it. */
	readonly of: string | null;
	/** Unix ms. */
	readonly now: number;
	/** The newest 200; of a member, those that it has heard since it came. Ascending. */
	readonly events: readonly EventOf<A>[];
	/** Who is here. */
	readonly members: readonly MemberOf<A>[];
	/** An entry's value; null where there is none, or where this one may not see it. */
	get<K extends EntryKey<A>>(key: K): EntryValue<A, K> | null;
	/** The entries whose keys begin so, by their keys; all of them where nothing is given. */
	entries<P extends string = string>(prefix?: P): readonly PresentEntryOf<A, P>[];
}

/** A sentence or false: it is broken. So it is where it throws. Anything else: it holds. */
export type Claim<A extends App> = (view: View<A>) => unknown;

/** The room as a backend of the app's has it. */
export type Backend<A extends App> = Pick<TestRoom<A>, "post" | "set" | "state" | "moderate" | "now">;

export interface Plan<A extends App = App> {
	/** Their ids, or what they may do besides: at least one. */
	members: readonly (string | { member: string; can: readonly Capability[] })[];
	/**
	 * What members do, by name: each time one of these and one of the members is drawn. What the room refuses is no
	 * failure; what the move itself throws is one.
	 */
	moves: Readonly<Record<string, (room: Room<A>, pick: Draw) => unknown>>;
	/** What the app's backend does. */
	backend?: Readonly<Record<string, (room: Backend<A>, pick: Draw) => unknown>>;
	/** What is always so: looked at whenever nothing is under way, in the room itself and in each view that is up to date. */
	holds?: Claim<A>;
	/** What is so in the end, when all are back, every cable is whole and all deadlines have come. */
	ends?: Claim<A>;
}

/**
 * What goes wrong: a member's cable is `cut` or `slow`; a member has left, and comes again (`leave`); the room's machine
 * dies (`crash`) or its memory is gone (`sleep`); a move is made twice, or the network says it twice (`double`); the next
 * step comes while the last is under way (`race`).
 */
export type Fault = "cut" | "slow" | "leave" | "crash" | "sleep" | "double" | "race";

export const FAULTS: readonly Fault[] = ["cut", "slow", "leave", "crash", "sleep", "double", "race"];

export interface ExploreOptions {
	/** How many worlds; 1,000 where it is not given. */
	seeds?: number;
	/** The first of them; 1 where it is not given. */
	from?: number;
	/** At most so many steps a world; 20 where it is not given. */
	steps?: number;
	/** What may go wrong; everything where it is not given. */
	faults?: readonly Fault[];
	/** What `[vars]` would hold, and bindings that kinds ask for. */
	vars?: Readonly<Record<string, unknown>>;
}
