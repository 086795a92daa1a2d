/**
 * Looks at what the sockets have not taken yet: after each turn, and by a timer only as long as anything waits,
 * when unsent data holds the object awake in any case.
 */
import { FLOW_POLL_MS, SETTLE_MS } from "../protocol/limits.ts";
import type { Flow } from "../room/inputs.ts";
import type { Sockets } from "./sockets.ts";
import type { Surroundings } from "./surroundings.ts";

export class FlowWatch {
	readonly #around: Surroundings;
	readonly #sockets: Sockets;
	readonly #paused: () => ReadonlySet<string>;
	readonly #isBusy: () => boolean;
	readonly #found: (flow: Flow) => void;
	/** When somebody last said something, Unix ms. */
	#heardAt: number;
	#isPolled = false;

	/**
	 * `paused`: the sessions that the room has paused; `isBusy`: whether a turn is at hand. `found` hears what the
	 * room is to know before it sends anything more.
	 */
	constructor(
		around: Surroundings,
		sockets: Sockets,
		paused: () => ReadonlySet<string>,
		isBusy: () => boolean,
		found: (flow: Flow) => void,
	) {
		this.#around = around;
		this.#sockets = sockets;
		this.#paused = paused;
		this.#isBusy = isBusy;
		this.#found = found;
		this.#heardAt = around.now();
	}

	/** Somebody said something, at that time, Unix ms: the room is not quiet. */
	heard(at: number): void {
		this.#heardAt = at;
	}

	look(): void {
		const { backlog } = this.#sockets;
		const flow = backlog.look(this.#paused(), (session) => this.#sockets.get(session), this.#around.now());
		if (backlog.isChoked(this.#around.now() - this.#heardAt)) {
			this.#around.report("choked", null);
			this.#around.abort("closed sockets hold too much");
		}
		if (flow !== null) this.#found(flow);
		if (this.#isPolled || !(backlog.isWaiting || backlog.isUnsettled)) return;
		// What was not taken by the second look holds the object awake in any case: then looking costs nothing.
		const ms = backlog.isWaiting || !backlog.isStill ? FLOW_POLL_MS : SETTLE_MS;
		this.#isPolled = true;
		this.#around.after(ms, () => {
			this.#isPolled = false;
			if (!this.#isBusy()) backlog.settle(this.#sockets.entries(), this.#paused(), this.#around.now());
			this.look();
		});
	}
}
