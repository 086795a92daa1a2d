/** One of the members of a world: its page, how far that can be trusted, and what it has heard. */
import type { Room } from "../../client/room.ts";
import type { EventOf } from "../../client/typed.ts";
import type { App } from "../../jobs/define.ts";
import type { Capability } from "../../protocol/messages.ts";
import type { TestRoom } from "../test-room.ts";
import type { View } from "./plan.ts";

/** So long a slow frame takes, ms: long enough that others act meanwhile, and no heartbeat is missed. */
const SLOW_MS = 4_000;

export class Person<A extends App> {
	readonly id: string;
	readonly #can: readonly Capability[] | undefined;
	readonly #world: TestRoom<A>;
	#room: Room<A> | null = null;
	#trouble: "cut" | "slow" | null = null;
	/** Until then it may not have heard all, Unix ms. */
	#isBehindUntil = 0;
	#events: EventOf<A>[] = [];

	constructor(world: TestRoom<A>, as: string | { member: string; can: readonly Capability[] }) {
		this.#world = world;
		this.id = typeof as === "string" ? as : as.member;
		this.#can = typeof as === "string" ? undefined : as.can;
	}

	/** Null while it is not here. */
	get room(): Room<A> | null {
		return this.#room;
	}

	come(): void {
		if (this.#room !== null) return;
		const room = this.#world.join(this.id, this.#can === undefined ? {} : { can: this.#can });
		this.#room = room;
		this.#trouble = null;
		this.#isBehindUntil = 0;
		this.#events = [];
		room.on("event", (event) => this.#events.push(event));
		room.on("welcome", ({ continuity }) => {
			if (continuity !== "resumed") this.#events.length = 0;
			// What was on its way by the socket before is told again by this one.
			if (this.#trouble === null) this.#isBehindUntil = 0;
		});
	}

	/** Leaves, or comes again: which of them, as a sentence. */
	leaveOrCome(): string {
		if (this.#room === null) {
			this.come();
			return `${this.id} comes again`;
		}
		this.#room.leave();
		this.#room = null;
		return `${this.id} leaves`;
	}

	/** Has trouble with its network, or no longer: which of them, as a sentence; null where it is not here. */
	vex(trouble: "cut" | "slow"): string | null {
		const room = this.#room;
		if (room === null) return null;
		if (this.#trouble !== null) return this.mend();
		this.#trouble = trouble;
		this.#isBehindUntil = Number.POSITIVE_INFINITY;
		if (trouble === "cut") this.#world.cut(room);
		else this.#world.slow(room, SLOW_MS);
		return trouble === "cut" ? `${this.id}'s cable is cut` : `${this.id}'s network is slow`;
	}

	mend(): string | null {
		if (this.#room === null || this.#trouble === null) return null;
		this.#world.mend(this.#room);
		// One that was cut begins a new connection; what was slow has arrived by then.
		if (this.#trouble === "slow") this.#isBehindUntil = this.#world.now + SLOW_MS + 1;
		this.#trouble = null;
		return `${this.id}'s network is whole again`;
	}

	/** What it sees; null where that may not be all. */
	view(): View<A> | null {
		const room = this.#room;
		if (room === null || room.state.kind !== "live" || this.#world.now < this.#isBehindUntil) return null;
		return {
			of: this.id,
			now: this.#world.now,
			events: this.#events,
			members: [...room.members.values()],
			get: (key) => room.get(key),
			entries: (prefix) => room.entries(prefix),
		};
	}
}
