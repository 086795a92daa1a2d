/** G6: a full socket is paused at once, and what it is sent meanwhile is bounded. */
import { BUFFER_PAUSE_BYTES, PAUSED_PRIVATE_BYTES_MAX, STUCK_MS_MAX } from "../../../src/protocol/limits.ts";
import type { ServerMessage } from "../../../src/protocol/messages.ts";
import { utf8Bytes } from "../../../src/protocol/text.ts";
import type { Input } from "../../../src/room/inputs.ts";
import { hold } from "../broken.ts";
import type { Sitting } from "./sitting.ts";

/** What the room sends to everyone. */
const SHARED: ReadonlySet<ServerMessage["type"]> = new Set(["event", "signal", "presence", "caught-up", "welcome"]);
/** The turn after the one in which a buffer was found full knows of it. */
const NOTICE_MS_MAX = 20;
/** How long after its time a stuck socket may be found: it is looked at now and then. */
const LOOK_MS_MAX = 5_000;

export class FlowCheck {
	/** A session is paused no longer: its socket has room again. */
	resumed({ session, wire }: Sitting): void {
		const { bufferedAmount } = wire;
		hold(
			bufferedAmount <= BUFFER_PAUSE_BYTES,
			"G6",
			() => `${session} is caught up, and its socket still holds ${bufferedAmount} bytes`,
		);
	}

	/** One whose socket takes nothing is closed after a while, and as soon as it is found so. */
	turned(sittings: Iterable<Sitting>, inputs: readonly Input[], now: number, jumpedAt: number): void {
		const found = inputs.flatMap((input) => (input.type === "flow" ? input.stuck : []));
		for (const { phase, wire, pausedAt, movedAt, isWatched, session } of sittings) {
			hold(phase === "gone" || !found.includes(session), "G6", () => `${session} was found stuck, and is ${phase}`);
			if (phase === "gone" || !isWatched || wire.bufferedAmount === 0) continue;
			// What a session that is not paused is sent, its socket may still take.
			// A clock that was set back meanwhile has seen nothing of what was before.
			const stuckMs = now - Math.max(pausedAt, wire.takenAt, jumpedAt, phase === "paused" ? 0 : movedAt);
			hold(
				stuckMs <= STUCK_MS_MAX + LOOK_MS_MAX,
				"G6",
				() => `${session} is ${phase}, stuck since ${stuckMs} ms, and not closed`,
			);
		}
	}

	/** `isFirst` of its turn: what a turn sends itself is no backlog yet. */
	sent(sitting: Sitting, frame: string, messages: readonly ServerMessage[], now: number, isFirst: boolean): void {
		const { session, wire } = sitting;
		if (sitting.phase === "paused") {
			const shared = messages.find(({ type }) => SHARED.has(type));
			hold(shared === undefined, "G6", () => `${session} is paused and was sent ${shared?.type}`);
			// Without its brackets and commas, which a frame has more of the smaller it is.
			sitting.pausedBytes += utf8Bytes(frame) - messages.length - 1;
			hold(
				sitting.pausedBytes <= PAUSED_PRIVATE_BYTES_MAX,
				"G6",
				() => `${session} is paused and was sent ${sitting.pausedBytes} bytes`,
			);
			return;
		}
		if (!isFirst) return;
		if (wire.bufferedAmount <= BUFFER_PAUSE_BYTES) {
			sitting.fullSince = null;
			return;
		}
		sitting.fullSince ??= now;
		const { fullSince } = sitting;
		hold(
			now - fullSince <= NOTICE_MS_MAX,
			"G6",
			() => `${session} is full since ${now - fullSince} ms and is sent more`,
		);
	}
}
