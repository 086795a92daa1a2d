/** What the checkers know of one session, from its socket alone. */
import type { Wire } from "../wire.ts";

/** `joining` has not been welcomed; `gone` is closed, by either side. */
export type Phase = "joining" | "replaying" | "live" | "paused" | "gone";

export class Sitting {
	readonly wire: Wire;
	readonly session: string;
	readonly member: string;
	phase: Phase = "joining";
	welcomes = 0;
	/** True once a turn that handled its join has committed: it may be closed in that turn, and never be welcomed. */
	isSeated = false;
	/** The turn in which it was sent a frame last. */
	sentIn = -1;
	/** The epoch of its welcome. */
	epoch = "";
	/** The seq of the next event that it may be sent. */
	next = 0;
	/** Who is here, as it was told: name and state by member. */
	readonly roster = new Map<string, string>();
	/** The ledger's version of the roster that it was last compared with. */
	rosterVersion = -1;
	/** Outcomes that it was told of. */
	readonly told = new Set<string>();
	/** When a turn last handled what it said, by the room's clock. */
	seenAt: number;
	/** Bytes that it was sent since it was paused. */
	pausedBytes = 0;
	/** When it was last sent something, or its replay last went on, true time. */
	movedAt = 0;
	/** When it was paused, or last found so after a wake, true time. */
	pausedAt = 0;
	/** True where the room looks at its buffer: it has sent to it since it woke, or knows it as paused. */
	isWatched = false;
	/** When its socket was first found full while it was live, Unix ms; null where it is not. */
	fullSince: number | null = null;

	constructor(wire: Wire, session: string) {
		this.wire = wire;
		this.session = session;
		this.member = wire.member;
		this.seenAt = wire.heardAt;
	}
}
