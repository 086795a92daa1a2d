/** G8: what waits for a turn is within its bounds, and while much waits nobody has more of it than a share. */
import { FRAME_BYTES_MAX, INBOX_BYTES_MAX, INBOX_SESSION_BYTES_MAX } from "../../../src/protocol/limits.ts";
import type { Input } from "../../../src/room/inputs.ts";
import { hold } from "../broken.ts";
import type { Coverage } from "../coverage.ts";

/** What waits of one session. */
interface Share {
	/** Of each frame, in the order in which they came. */
	bytes: number[];
	total: number;
}

export class InboxCheck {
	readonly #coverage: Coverage;
	readonly #shares = new Map<string, Share>();
	/** Of all sessions together. What comes over HTTP is not counted: that can only make the bounds bind sooner. */
	#total = 0;
	#isRefused = false;

	constructor(coverage: Coverage) {
		this.#coverage = coverage;
	}

	/** A frame has reached the body, which may turn at once. */
	received(session: string, text: string | ArrayBuffer): void {
		const share = this.#shares.get(session) ?? { bytes: [], total: 0 };
		this.#shares.set(session, share);
		// What is refused by its looks is not kept until its turn.
		const bytes = typeof text === "string" && text.length <= FRAME_BYTES_MAX ? text.length : 0;
		share.bytes.push(bytes);
		share.total += bytes;
		this.#total += bytes;
		this.#isRefused = false;
	}

	/** The frame is refused, because the room has too much to do. */
	refused(): void {
		this.#isRefused = true;
	}

	/** The body has put the frame where it waits, or refused it. */
	kept(session: string): void {
		const share = this.#shares.get(session);
		if (share === undefined) return;
		if (this.#isRefused) {
			if (this.#total > INBOX_BYTES_MAX / 2) this.#coverage.reach("work", "a session has its share of the inbox");
			this.#take(share, share.bytes.pop() ?? 0);
			return;
		}
		hold(this.#total <= INBOX_BYTES_MAX, "G8", () => `${this.#total} bytes wait for their turn`);
		hold(
			this.#total <= INBOX_BYTES_MAX / 2 || share.total <= INBOX_SESSION_BYTES_MAX,
			"G8",
			() => `${share.total} bytes of ${session} wait for their turn, of ${this.#total} in all`,
		);
	}

	/** A turn takes these. */
	taken(inputs: readonly Input[]): void {
		for (const input of inputs) {
			const share = input.type === "frame" ? this.#shares.get(input.session) : undefined;
			if (share !== undefined) this.#take(share, share.bytes.shift() ?? 0);
		}
	}

	#take(share: Share, bytes: number): void {
		share.total -= bytes;
		this.#total -= bytes;
	}

	gone(session: string): void {
		const share = this.#shares.get(session);
		if (share !== undefined) this.#total -= share.total;
		this.#shares.delete(session);
	}

	/** Nothing waits any more: the machine died. */
	crashed(): void {
		this.#shares.clear();
		this.#total = 0;
	}
}
