/** G8: what is stored and sent is within its bounds, whoever asked for more. */
import {
	BURST_SECONDS,
	INBOX_MESSAGES_MAX,
	PRESENCE_BYTES_MAX,
	SERVER_FRAME_BYTES_MAX,
	SIGNAL_BYTES_MAX,
} from "../../../src/protocol/limits.ts";
import type { ServerMessage } from "../../../src/protocol/messages.ts";
import type { Settings } from "../../../src/protocol/settings.ts";
import { utf8Bytes } from "../../../src/protocol/text.ts";
import type { Input } from "../../../src/room/inputs.ts";
import { hold } from "../broken.ts";
import type { Commit } from "../disk.ts";
import type { Ledger } from "../ledger.ts";

/** What the room itself says is from this member alone. */
const ROOM_MEMBER = "room:events";
/** Counted when they are held, which may have been long before. */
const HELD: ReadonlySet<string> = new Set(["held", "lenient"]);

export class Bounds {
	readonly #ledger: Ledger;
	readonly #settings: Settings;
	/** How many events each member has published since the room woke: its buckets are memory. */
	readonly #published = new Map<string, number>();
	/** How long the room's clock has gone forward since then, ms. */
	#passedMs = 0;
	#now: number | null = null;

	constructor(ledger: Ledger, settings: Settings) {
		this.#ledger = ledger;
		this.#settings = settings;
	}

	woken(): void {
		this.#published.clear();
		this.#passedMs = 0;
		this.#now = null;
	}

	/** Before the ledger knows of the commit. */
	committing({ appended, rosterSaved, now }: Commit): void {
		this.#passedMs += Math.max(0, now - (this.#now ?? now));
		this.#now = now;
		for (const { from, body, id } of appended) {
			const { name, data } = JSON.parse(body) as { name: string; data: unknown };
			hold(!name.startsWith("room.") || from === ROOM_MEMBER, "G8", () => `${from} published ${body}, the room's own`);
			if (id === null) continue;
			const bytes = utf8Bytes(JSON.stringify(data));
			const { eventBytesMax } = this.#settings;
			hold(bytes <= eventBytesMax, "G8", () => `${from} published ${bytes} bytes where ${eventBytesMax} are allowed`);
			if (!HELD.has(name)) this.#count(from);
		}
		for (const { member, state } of rosterSaved) {
			const bytes = utf8Bytes(state);
			hold(bytes <= PRESENCE_BYTES_MAX, "G8", () => `the presence state of ${member} has ${bytes} bytes`);
		}
	}

	#count(member: string): void {
		const { publishPerSecond } = this.#settings;
		if (publishPerSecond === 0) return;
		const count = (this.#published.get(member) ?? 0) + 1;
		this.#published.set(member, count);
		const most = publishPerSecond * (BURST_SECONDS + this.#passedMs / 1_000);
		hold(count <= most + 0.001, "G8", () => `${member} published ${count} events where ${most} are allowed`);
	}

	/** After it does. */
	committed({ jobsAdded }: Commit): void {
		const { jobsPendingPerMemberMax: most } = this.#settings;
		for (const member of new Set(jobsAdded.map((job) => job.member))) {
			if (member === null) continue;
			// One that was tried again by an operator counts for nobody.
			const pending = [...(this.#ledger.current?.jobs.values() ?? [])].filter(
				(job) =>
					job.member === member &&
					job.run === 1 &&
					(job.purpose === "asked" || job.purpose === "hold") &&
					(job.state === "waiting" || job.state === "sent"),
			).length;
			hold(pending <= most, "G8", () => `${member} has ${pending} jobs under way where ${most} are allowed`);
		}
	}

	/** A turn takes no more than the inbox may hold. */
	turned(inputs: readonly Input[]): void {
		let messages = 0;
		for (const input of inputs) messages += input.type === "frame" ? input.messages.length : 0;
		hold(messages <= INBOX_MESSAGES_MAX, "G8", () => `a turn took ${messages} messages`);
	}

	sent(session: string, frame: string, messages: readonly ServerMessage[]): void {
		const isWithin = messages.length === 1 || frame.length * 3 <= SERVER_FRAME_BYTES_MAX;
		hold(
			isWithin || utf8Bytes(frame) <= SERVER_FRAME_BYTES_MAX,
			"G8",
			() => `${session} was sent a frame of ${utf8Bytes(frame)} bytes`,
		);
		for (const message of messages) {
			if (message.type !== "signal") continue;
			const bytes = utf8Bytes(JSON.stringify(message.data));
			hold(bytes <= SIGNAL_BYTES_MAX, "G8", () => `${session} was sent a signal of ${bytes} bytes`);
		}
	}
}
