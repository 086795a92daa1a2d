/** How long an event takes from one who publishes it to itself, over a socket without trouble. */
import { joinRoom, type Room } from "../../../src/client/index.ts";
import { until } from "../../support/until.ts";

const EVERY_MS = 100;

export class Latency {
	readonly #room: Room;
	#timer: NodeJS.Timeout | undefined;
	#measured: number[] = [];

	constructor(url: string) {
		this.#room = joinRoom(url);
	}

	async begin(): Promise<void> {
		await until(() => this.#room.state.kind === "live", "the one who measures is live");
		this.#timer = setInterval(() => void this.#measure(), EVERY_MS);
	}

	end(): void {
		clearInterval(this.#timer);
		this.#room.leave();
	}

	async #measure(): Promise<void> {
		const sentAt = performance.now();
		try {
			await this.#room.publish("beat", 0);
			this.#measured.push(performance.now() - sentAt);
		} catch {
			// It has left.
		}
	}

	/** What was measured since it was last asked, ms. */
	take(): { p50Ms: number | null; p99Ms: number | null } {
		const sorted = this.#measured.sort((a, b) => a - b);
		this.#measured = [];
		const at = (share: number): number | null =>
			sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
		return { p50Ms: at(0.5), p99Ms: at(0.99) };
	}
}
