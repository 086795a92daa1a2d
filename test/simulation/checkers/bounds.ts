/** G8: what is stored and sent is within its bounds, whoever asked for more. */
import { OPERATOR } from "../../../src/protocol/ids.ts";
import { JOBS_STARTED_PER_MEMBER_MAX } from "../../../src/protocol/job-limits.ts";
import {
	BURST_SECONDS,
	EVENT_BYTES_CEILING,
	INBOX_MESSAGES_MAX,
	MEMBER_BYTES_BURST_SECONDS,
	MEMBER_BYTES_PER_SECOND,
	MESSAGES_PER_FRAME_MAX,
	PRESENCE_BYTES_MAX,
	REFUSALS_PER_SECOND,
	REFUSALS_SECONDS,
	REPEATS_BURST_SECONDS,
	REPEATS_PER_SECOND,
	SERVER_FRAME_BYTES_MAX,
	SIGNAL_BYTES_MAX,
} from "../../../src/protocol/limits.ts";
import type { Presence, ServerMessage } from "../../../src/protocol/messages.ts";
import {
	DECISION_EFFORT,
	MEMBER_DECISIONS_BURST_SECONDS,
	MEMBER_DECISIONS_EFFORT_PER_SECOND,
	ROOM_DECISIONS_BURST_SECONDS,
	ROOM_DECISIONS_EFFORT_PER_SECOND,
} from "../../../src/protocol/rules-limits.ts";
import type { Settings } from "../../../src/protocol/settings.ts";
import { utf8Bytes } from "../../../src/protocol/text.ts";
import type { Effects } from "../../../src/room/effects.ts";
import type { Input } from "../../../src/room/inputs.ts";
import type { JobRow } from "../../../src/room/jobs.ts";
import { BAD_STATE, STRICT } from "../../room/house-rules.ts";
import { hold } from "../broken.ts";
import type { Coverage } from "../coverage.ts";
import type { Commit } from "../disk.ts";
import { PONDERED } from "../game.ts";
import type { Ledger } from "../ledger.ts";
import { Allowance } from "./allowance.ts";
import type { Sitting } from "./sitting.ts";
import { isNotice } from "./work.ts";

/** What the room itself says is from this member alone. */
const ROOM_MEMBER = "room:events";
/** Counted when they are held, which may have been long before. */
const HELD: ReadonlySet<string> = new Set(["held", "lenient", "bet"]);

export class Bounds {
	readonly #ledger: Ledger;
	readonly #settings: Settings;
	readonly #coverage: Coverage;
	/** What each member may publish, in events and in bytes of their data, and how often it may repeat. */
	readonly #publishes: Allowance;
	readonly #bytes = new Allowance(MEMBER_BYTES_PER_SECOND, MEMBER_BYTES_BURST_SECONDS);
	readonly #repeats = new Allowance(REPEATS_PER_SECOND, REPEATS_BURST_SECONDS);
	/** What the rules that decide for each member may take, and for all. */
	readonly #decisions = new Allowance(MEMBER_DECISIONS_EFFORT_PER_SECOND, MEMBER_DECISIONS_BURST_SECONDS);
	readonly #allDecisions = new Allowance(ROOM_DECISIONS_EFFORT_PER_SECOND, ROOM_DECISIONS_BURST_SECONDS);
	/** How often each session may be refused something. */
	readonly #refusals = new Allowance(REFUSALS_PER_SECOND, REFUSALS_SECONDS);
	/** How many jobs of members' own the latest commit has added, and what they have set: the first answer answers no repeat. */
	#asked: ReadonlyMap<string, number> = new Map();
	/** How long the room's clock has gone forward since it woke, ms: its buckets are memory. */
	#passedMs = 0;
	#now: number | null = null;

	constructor(ledger: Ledger, settings: Settings, coverage: Coverage) {
		this.#ledger = ledger;
		this.#settings = settings;
		this.#coverage = coverage;
		this.#publishes = new Allowance(settings.publishPerSecond, BURST_SECONDS);
	}

	/** At `now`, by its clock. It may refuse something before it commits anything. */
	woken(now: number): void {
		const all = [this.#publishes, this.#bytes, this.#repeats, this.#refusals, this.#decisions, this.#allDecisions];
		for (const each of all) each.clear();
		this.#passedMs = 0;
		this.#now = now;
	}

	/** Before the ledger knows of the commit. */
	committing({ appended, rosterSaved, now }: Commit): void {
		this.#passTo(now);
		for (const { from, body, id } of appended) {
			const { name, data } = JSON.parse(body) as { name: string; data: unknown };
			hold(!name.startsWith("room.") || from === ROOM_MEMBER, "G8", () => `${from} published ${body}, the room's own`);
			if (id === null) continue;
			const bytes = utf8Bytes(JSON.stringify(data));
			const { eventBytesMax } = this.#settings;
			hold(bytes <= eventBytesMax, "G8", () => `${from} published ${bytes} bytes where ${eventBytesMax} are allowed`);
			if (!HELD.has(name) && this.#settings.publishPerSecond > 0) this.#publish(from, bytes);
		}
		for (const { member, state } of rosterSaved) {
			const bytes = utf8Bytes(state);
			hold(bytes <= PRESENCE_BYTES_MAX, "G8", () => `the presence state of ${member} has ${bytes} bytes`);
		}
	}

	#passTo(now: number): void {
		this.#passedMs += Math.max(0, now - (this.#now ?? now));
		this.#now = now;
	}

	/** A rule is asked to decide on what the member said, in a turn at `now`, and ponders it. What that takes is owed: it is not asked again before. */
	decided(member: string, now: number): void {
		this.#passTo(now);
		for (const [whose, purses] of [
			[member, this.#decisions],
			["", this.#allDecisions],
		] as const) {
			const left = purses.take(whose, PONDERED, this.#passedMs) + PONDERED;
			hold(
				left > DECISION_EFFORT - 1,
				"G8",
				() => `a rule was asked for ${member} where ${left} was left of what it may take`,
			);
			if (left < PONDERED) this.#coverage.reach("work", "rules take all that they may");
		}
	}

	#publish(member: string, bytes: number): void {
		const left = this.#publishes.take(member, 1, this.#passedMs);
		hold(left > -0.001, "G8", () => `${member} published more events than its rate allows`);
		const bytesLeft = this.#bytes.take(member, bytes, this.#passedMs);
		hold(bytesLeft > -0.001, "G8", () => `${member} published ${-bytesLeft} bytes more than its rate allows`);
		if (bytesLeft < EVENT_BYTES_CEILING) this.#coverage.reach("work", "a member has said all that it may");
	}

	/** Answers to what was published or asked before, of frames alone: nothing else in such a turn tells of a job. */
	#countRepeats(effects: Effects, sittings: Iterable<Sitting>): void {
		const fresh = new Map(this.#asked);
		for (const { session, member } of sittings) {
			let repeats = 0;
			for (const message of effects.private.get(session) ?? [])
				if (message.startsWith('{"type":"ack"') || isNotice(message)) repeats++;
			if (repeats === 0) continue;
			const isFirst = Math.min(repeats, fresh.get(member) ?? 0);
			fresh.set(member, (fresh.get(member) ?? 0) - isFirst);
			const left = this.#repeats.take(member, repeats - isFirst, this.#passedMs);
			hold(left > -0.001, "G8", () => `${member} was answered ${-left} repeats more than its rate allows`);
			if (left < 1) this.#coverage.reach("work", "a member has repeated all that it may");
		}
	}

	/** It is sent away with the frame that passes that. */
	#countRefusals({ private: own }: Effects): void {
		for (const [session, messages] of own) {
			let refusals = 0;
			for (const message of messages) if (message.startsWith('{"type":"error"')) refusals++;
			if (refusals === 0) continue;
			const left = this.#refusals.take(session, refusals, this.#passedMs);
			const isWithin = left >= -MESSAGES_PER_FRAME_MAX - 1;
			hold(isWithin, "G8", () => `${session} was refused ${-left} more than its patience holds`);
		}
	}

	/** What events of one member start, of what is open; one that was sent or tried again counts for nobody. */
	#holdStarted(member: string): void {
		const { current } = this.#ledger;
		if (current === null || current.jobs.size < JOBS_STARTED_PER_MEMBER_MAX) return;
		let open = 0;
		for (const job of current.jobs.values())
			if (job.member === member && isStarted(job) && job.run === 1 && isOpen(job)) open++;
		const most = JOBS_STARTED_PER_MEMBER_MAX;
		hold(open <= most, "G8", () => `events of ${member} have ${open} jobs under way where ${most} are allowed`);
		if (open === most) this.#coverage.reach("work", "a member has all the jobs that its events may start");
	}

	/** After it does. */
	committed({ jobsAdded, sets }: Commit): void {
		const asked = new Map<string, number>();
		for (const { member, purpose } of jobsAdded)
			if (member !== null && (purpose === "asked" || purpose === "hold"))
				asked.set(member, (asked.get(member) ?? 0) + 1);
		for (const { member } of sets) asked.set(member, (asked.get(member) ?? 0) + 1);
		this.#asked = asked;
		const { jobsPendingPerMemberMax: most } = this.#settings;
		for (const member of new Set(jobsAdded.map((job) => job.member))) {
			if (member === null || member === OPERATOR) continue;
			// One that was tried again by an operator counts for nobody.
			const pending = [...(this.#ledger.current?.jobs.values() ?? [])].filter(
				(job) =>
					job.member === member && job.run === 1 && (job.purpose === "asked" || job.purpose === "hold") && isOpen(job),
			).length;
			hold(pending <= most, "G8", () => `${member} has ${pending} jobs under way where ${most} are allowed`);
			this.#holdStarted(member);
		}
	}

	/** A turn takes no more than the inbox may hold. */
	turned(inputs: readonly Input[], effects: Effects, sittings: Iterable<Sitting>): void {
		let messages = 0;
		for (const input of inputs) messages += input.type === "frame" ? input.messages.length : 0;
		hold(messages <= INBOX_MESSAGES_MAX, "G8", () => `a turn took ${messages} messages`);
		this.#countRefusals(effects);
		const isOfFrames = messages > 0 && inputs.every(({ type }) => type === "frame");
		if (isOfFrames && this.#settings.publishPerSecond > 0) this.#countRepeats(effects, sittings);
	}

	sent(session: string, frame: string, messages: readonly ServerMessage[]): void {
		const isWithin = messages.length === 1 || frame.length * 3 <= SERVER_FRAME_BYTES_MAX;
		hold(
			isWithin || utf8Bytes(frame) <= SERVER_FRAME_BYTES_MAX,
			"G8",
			() => `${session} was sent a frame of ${utf8Bytes(frame)} bytes`,
		);
		for (const message of messages) {
			if (message.type === "presence") this.#keepsTo(message, session);
			if (message.type !== "signal") continue;
			const isGood = message.name !== STRICT || message.data === "good";
			hold(isGood, "G8", () => `${session} was sent a signal that the rules refuse`);
			const bytes = utf8Bytes(JSON.stringify(message.data));
			hold(bytes <= SIGNAL_BYTES_MAX, "G8", () => `${session} was sent a signal of ${bytes} bytes`);
		}
	}

	#keepsTo({ joined, changed }: Presence, session: string): void {
		const isBad = [...joined, ...changed].some(({ state }) => state === BAD_STATE);
		hold(!isBad, "G8", () => `${session} was told a presence state that the rules refuse`);
	}
}

/** By an event, or by a rule. */
const isStarted = ({ purpose }: Pick<JobRow, "purpose">): boolean => purpose === "event" || purpose === "rule";

const isOpen = ({ state }: Pick<JobRow, "state">): boolean => state === "waiting" || state === "sent";
