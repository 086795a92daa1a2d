/**
 * G8: what waits for a turn is within its bounds, and while much waits nobody has more of it than a share. G6: one who
 * says little waits for no more than the next turn, and what comes too fast lets everybody else's come first.
 */
import {
	FRAME_BYTES_MAX,
	FRAME_UNITS,
	FRAMES_AT_ONCE_MAX,
	FRAMES_BEYOND_MAX,
	INBOX_BYTES_MAX,
	INBOX_MESSAGES_MAX,
	INBOX_SESSION_BYTES_MAX,
	TURN_SESSION_EFFORT_MAX,
} from "../../../src/protocol/limits.ts";
import type { Effects } from "../../../src/room/effects.ts";
import type { Input } from "../../../src/room/inputs.ts";
import { hold } from "../broken.ts";
import type { Coverage } from "../coverage.ts";

/** What waits of one session. */
interface Share {
	/** Of each frame, in the order in which they came. */
	bytes: number[];
	/** Likewise, how many messages it holds at least. */
	messages: number[];
	total: number;
	/** Frames since the last turn, and since the room last gave way; large ones count for more. */
	frames: number;
	/** The hash of a guest's address; null for everyone else. */
	address: string | null;
}

/** One of whom so much waits, in characters, says little. */
const LITTLE = 150;
/** What the largest frame counts for. */
const FRAMES_OF_ONE_MAX = 1 + FRAME_BYTES_MAX / FRAME_UNITS;

export class InboxCheck {
	readonly #coverage: Coverage;
	readonly #shares = new Map<string, Share>();
	/** Of all sessions together. What comes over HTTP is not counted: that can only make the bounds bind sooner. */
	#total = 0;
	#messages = 0;
	#isRefused = false;
	/** What a turn has taken and put off: it comes first in the next one, and weighs nothing any more. */
	readonly #putOff = new Set<Input>();

	constructor(coverage: Coverage) {
		this.#coverage = coverage;
	}

	/** A frame has reached the body, which may turn at once. */
	received(session: string, address: string | null, text: string | ArrayBuffer): void {
		const share = this.#shares.get(session) ?? { bytes: [], messages: [], total: 0, frames: 0, address };
		this.#shares.set(session, share);
		// What is refused by its looks is not kept until its turn.
		const bytes = typeof text === "string" && text.length <= FRAME_BYTES_MAX ? text.length : 0;
		share.bytes.push(bytes);
		const messages = typeof text === "string" && bytes > 0 ? messagesIn(text) : 0;
		share.messages.push(messages);
		this.#messages += messages;
		share.total += bytes;
		this.#total += bytes;
		share.frames += 1 + Math.floor(bytes / FRAME_UNITS);
		this.#isRefused = false;
	}

	/** The room lets everything else come first that waits. */
	gaveWay(): void {
		this.#coverage.reach("work", "a flood lets others come first");
		for (const share of this.#shares.values()) share.frames = Math.min(share.frames, FRAMES_AT_ONCE_MAX);
	}

	/** The frame is refused, because the room has too much to do. */
	refused(): void {
		this.#isRefused = true;
	}

	/** The body has put the frame where it waits, or refused it. */
	kept(session: string): void {
		const share = this.#shares.get(session);
		if (share === undefined) return;
		hold(
			share.frames <= FRAMES_AT_ONCE_MAX + FRAMES_BEYOND_MAX + FRAMES_OF_ONE_MAX,
			"G6",
			() => `${share.frames} frames of ${session} came in a row, and the room did not give way`,
		);
		if (this.#isRefused) {
			if (this.#total > INBOX_BYTES_MAX / 2) this.#coverage.reach("work", "a session has its share of the inbox");
			this.#take(share, share.bytes.pop() ?? 0, share.messages.pop() ?? 0);
			return;
		}
		hold(this.#total <= INBOX_BYTES_MAX, "G8", () => `${this.#total} bytes wait for their turn`);
		hold(this.#messages <= INBOX_MESSAGES_MAX, "G8", () => `${this.#messages} messages wait for their turn`);
		hold(
			this.#total <= INBOX_BYTES_MAX / 2 || share.total <= INBOX_SESSION_BYTES_MAX,
			"G8",
			() => `${share.total} bytes of ${session} wait for their turn, of ${this.#total} in all`,
		);
	}

	/** A turn takes these. */
	taken(inputs: readonly Input[]): void {
		const modest = this.#modest();
		const had = new Map<Share, number[]>();
		for (const input of inputs) {
			const share = input.type === "frame" ? this.#shares.get(input.session) : undefined;
			if (share === undefined || this.#putOff.delete(input)) continue;
			const bytes = share.bytes.shift() ?? 0;
			this.#take(share, bytes, share.messages.shift() ?? 0);
			had.set(share, [...(had.get(share) ?? []), bytes]);
		}
		for (const share of this.#shares.values()) share.frames = 0;
		// Where something waits for longer, the turn could not take all.
		if (this.#total > 0) for (const frames of had.values()) holdPart(frames);
		if (this.#total > 0 && modest.length > 0)
			this.#coverage.reach("work", "who says little comes before who says much");
		for (const [session, { bytes }] of modest)
			hold(bytes.length === 0, "G6", () => `${session} said little, and waits for more than a turn`);
	}

	turned({ later }: Effects): void {
		for (const input of later) this.#putOff.add(input);
	}

	/** Those of whom little waits, and little of whoever shares their address. */
	#modest(): [session: string, share: Share][] {
		const byAddress = new Map<string, number>();
		for (const { address, total } of this.#shares.values())
			if (address !== null) byAddress.set(address, (byAddress.get(address) ?? 0) + total);
		return [...this.#shares].filter(
			([, { bytes, total, address }]) =>
				bytes.length > 0 && Math.max(total, byAddress.get(address ?? "") ?? 0) <= LITTLE,
		);
	}

	#take(share: Share, bytes: number, messages: number): void {
		share.total -= bytes;
		this.#total -= bytes;
		this.#messages -= messages;
	}

	gone(session: string): void {
		const share = this.#shares.get(session);
		if (share !== undefined) {
			this.#total -= share.total;
			this.#messages -= share.messages.reduce((sum, each) => sum + each, 0);
		}
		this.#shares.delete(session);
	}

	/** Nothing waits any more: the machine died. */
	crashed(): void {
		this.#shares.clear();
		this.#putOff.clear();
		[this.#total, this.#messages] = [0, 0];
	}
}

/** How many messages a frame holds of those that a flood is made of; what else it holds is no less. */
function messagesIn(text: string): number {
	return text.split('{"type":"flood"').length - 1;
}

/** What one session had of a turn that could not take all: more than its part only in one frame. */
function holdPart(frames: readonly number[]): void {
	const bytes = frames.reduce((sum, each) => sum + each, 0);
	hold(
		frames.length === 1 || bytes <= TURN_SESSION_EFFORT_MAX,
		"G6",
		() => `one session had ${bytes} characters of a turn for which others waited`,
	);
}
