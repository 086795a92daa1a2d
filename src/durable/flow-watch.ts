/**
 * Looks at what the sockets have not taken yet: after each turn, and by a timer only as long as anything waits,
 * when unsent data holds the object awake in any case.
 */
import { FLOW_POLL_MS, STILL_POLL_MS } from "../protocol/limits.ts";
import type { Flow } from "../room/inputs.ts";
import type { Backlog } from "./backlog.ts";
import type { Clock, Machine } from "./surroundings.ts";

/** Who is told what the sockets' buffers say. */
export interface FlowHost {
	/** To be known before anything more is sent. */
	flowed(flow: Flow): void;
	/** The sessions that are sent nothing that is shared. */
	paused(): ReadonlySet<string>;
	/** True while there is a turn at hand, which sends. */
	isBusy(): boolean;
	/** The sockets were looked at: some may have taken what they held. */
	looked(): void;
}

/** What is watched, and who is told. */
interface Watched {
	backlog: Backlog;
	/** The sockets, by session. */
	seats: ReadonlyMap<string, WebSocket>;
	host: FlowHost;
}

export class FlowWatch {
	readonly #around: Clock & Machine;
	readonly #watched: Watched;
	/** When somebody last said something, Unix ms. */
	#heardAt: number;
	#isPolled = false;

	constructor(around: Clock & Machine, watched: Watched) {
		this.#around = around;
		this.#watched = watched;
		this.#heardAt = around.now();
	}

	/** Somebody said something, at that time, Unix ms: the room is not quiet. */
	heard(at: number): void {
		this.#heardAt = at;
	}

	look(): void {
		const { backlog, seats, host } = this.#watched;
		const now = this.#around.now();
		// A clock that was set back: it was not heard later than that.
		this.#heardAt = Math.min(this.#heardAt, now);
		const flow = backlog.look(host.paused(), (session) => seats.get(session), now);
		if (backlog.isChoked(now - this.#heardAt)) {
			this.#around.report("choked", null);
			this.#around.abort("closed sockets hold too much");
		}
		// What goes on because of it comes after it.
		host.looked();
		if (flow !== null) host.flowed(flow);
		if (this.#isPolled || !(backlog.isWaiting || backlog.isUnsure)) return;
		// What was not taken by the second look holds the object awake in any case: then looking costs nothing.
		const ms = backlog.isWaiting || !backlog.isStill ? FLOW_POLL_MS : STILL_POLL_MS;
		this.#isPolled = true;
		this.#around.after(ms, () => {
			this.#isPolled = false;
			if (!host.isBusy()) backlog.lookAtAll(seats, host.paused(), this.#around.now());
			this.look();
		});
	}
}
