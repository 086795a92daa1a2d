/** Whether the other side lives: by when a sign of it must come, and when to ask for one. Monotonic ms. */
import { CLIENT_CONNECT_MS_MAX, HEARTBEAT_MS, PONG_MS_MAX } from "../protocol/limits.ts";

export class Pulse {
	#signBy: number | null = null;
	#pingAt: number | null = null;
	/** What it means where no sign came. */
	#silence = "";
	/** True while a ping has no answer. */
	#isAsked = false;

	/** Nobody is there, so nothing is waited for. */
	rest(): void {
		this.#signBy = this.#pingAt = null;
	}

	await(now: number, ms: number, silence: string): void {
		this.#signBy = now + ms;
		this.#silence = silence;
		this.#isAsked = false;
	}

	opened(now: number): void {
		this.awaitMore(now);
		this.#pingAt = now + HEARTBEAT_MS;
	}

	/** What comes slowly comes all the same: each piece gives the next one its time. */
	awaitMore(now: number): void {
		this.await(now, CLIENT_CONNECT_MS_MAX, `Nothing was heard for ${CLIENT_CONNECT_MS_MAX / 1000} s.`);
	}

	heard(): void {
		this.#signBy = null;
		this.#isAsked = false;
	}

	pinged(now: number): void {
		this.await(now, PONG_MS_MAX, "The room is not heard any more.");
		this.#pingAt = now + HEARTBEAT_MS;
		this.#isAsked = true;
	}

	/** Why it counts as gone, or null. */
	missed(now: number): string | null {
		return this.#signBy !== null && this.#signBy <= now ? this.#silence : null;
	}

	wantsPing(now: number): boolean {
		return this.#pingAt !== null && this.#pingAt <= now;
	}

	/** True where there is somebody to ping. */
	get isOpen(): boolean {
		return this.#pingAt !== null;
	}

	/** True where a ping would tell something that is not asked already. */
	get canPing(): boolean {
		return this.isOpen && !this.#isAsked;
	}

	get deadline(): number | null {
		return this.#signBy ?? this.#pingAt;
	}
}
