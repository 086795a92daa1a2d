/**
 * G8: what a turn costs is bounded. What it reads it tells, no row twice over and none that nobody hears of; what is
 * told of what is stored fits one budget; an erasure goes in pieces; and what everyone hears is no more than one
 * turn takes in.
 */
import { ROOM_MEMBER } from "../../../src/protocol/ids.ts";
import { HELD_BYTES_MAX, JOBS_DUE_MAX } from "../../../src/protocol/job-limits.ts";
import {
	ERASE_BYTES_MAX,
	ERASE_EVENTS_MAX,
	ERASE_JOBS_MAX,
	ERASE_ROWS_MAX,
	INBOX_MESSAGES_MAX,
	MEMBERS_BYTES_MAX,
	PAGE_BYTES_MAX,
	PAUSED_PRIVATE_BYTES_MAX,
	REMAINS_PAUSE_MS,
	REMAINS_ROWS_MAX,
	TRIM_ROWS_MAX,
	TURN_BYTES_MAX,
	TURN_JOINS_MAX,
	TURN_PRIVATE_UNITS_MAX,
} from "../../../src/protocol/limits.ts";
import type { Effects } from "../../../src/room/effects.ts";
import type { Input } from "../../../src/room/inputs.ts";
import { hold } from "../broken.ts";
import type { Coverage } from "../coverage.ts";
import type { Commit } from "../disk.ts";

const EVENT = '{"type":"event"';
/** What surrounds a page in its message, a welcome's other fields, and an event's in its message: units at most. */
const PAGE_ENVELOPE = 1_024;
const WELCOME_ENVELOPE = 4_096;
const EVENT_ENVELOPE = 512;
/** What jobs may have made of one event, and the event itself. */
const FAMILY_MAX = 5;

/** Inputs of which it is known which jobs they have to read. */
const ASKS: ReadonlySet<Input["type"]> = new Set(["join", "frame", "post", "leave", "page", "owed", "flow"]);

/** What the inputs of a turn ask for, so that its work can be measured by it. */
interface Asked {
	messages: number;
	/** Of events to be taken back, of outcomes that may have them taken back, and of jobs that are about one. */
	redactions: number;
	alarms: number;
	joins: number;
	/** Outcomes that are said to have arrived. */
	received: number;
}

/** What was held may have been refused by its check, or by a rule. */
const REFUSED_HOLD = /"code":"(rejected|app\.)/;

export class WorkCheck {
	readonly #coverage: Coverage;
	#commit: Commit | null = null;

	constructor(coverage: Coverage) {
		this.#coverage = coverage;
	}

	committed(commit: Commit): void {
		this.#commit = commit;
	}

	turned(inputs: readonly Input[], effects: Effects): void {
		const commit = this.#commit;
		this.#commit = null;
		// What a turn that failed is told of cost no transaction.
		if (commit === null || commit.inputs !== inputs) return;
		const asked = askedBy(inputs);
		const { twice, rowsMost } = commit.work;
		hold(twice === null, "G8", () => `a turn looked for ${twice} twice`);
		hold(rowsMost <= Math.max(TRIM_ROWS_MAX + 1, INBOX_MESSAGES_MAX), "G8", () => `a statement read ${rowsMost} rows`);
		hold(asked.joins <= TURN_JOINS_MAX, "G8", () => `a turn let ${asked.joins} in`);
		this.#holdPrivate(effects);
		this.#holdShared(effects, asked);
		this.#holdErasure(commit, asked);
		this.#holdRemains(commit, effects);
		this.#holdReading(commit, asked, effects);
		if (inputs.every(({ type }) => ASKS.has(type))) this.#holdJobs(commit, asked, effects);
	}

	/** Welcomes, pages, replays and their frames: the last one may pass the budget. */
	#holdPrivate({ frames, private: own, welcomed, later }: Effects): void {
		let told = 0;
		for (const each of frames.values()) for (const frame of each) told += frame.length;
		for (const [session, messages] of own) {
			const pages = messages.filter(isPage);
			const units = pages.reduce((sum, page) => sum + page.length, 0);
			told += units;
			// One that is paused has so much more, in however many answers.
			const isOne = pages.length <= 1 || units <= PAUSED_PRIVATE_BYTES_MAX;
			hold(isOne, "G6", () => `a turn gave ${session} ${pages.length} pages of ${units} characters together`);
		}
		const most =
			TURN_PRIVATE_UNITS_MAX +
			PAGE_BYTES_MAX +
			PAGE_ENVELOPE +
			welcomed.length * (MEMBERS_BYTES_MAX + WELCOME_ENVELOPE);
		hold(told <= most, "G8", () => `a turn told ${told} characters to single sessions where ${most} are allowed`);
		if (told > PAGE_BYTES_MAX / 2) this.#coverage.reach("work", "much is told to single sessions");
		if (later.length > 0) this.#coverage.reach("work", "what has no room in a turn waits");
	}

	/** What an outcome releases weighs with it; the holds that run out have as much again, whose alarm weighs nothing. */
	#holdShared({ shared }: Effects, { messages, redactions, alarms }: Asked): void {
		let told = 0;
		for (const message of shared) told += message.length;
		if (told <= TURN_BYTES_MAX / 2) return;
		this.#coverage.reach("work", "much is told to everyone");
		const most =
			TURN_BYTES_MAX + 2 * HELD_BYTES_MAX * alarms + (messages + redactions + JOBS_DUE_MAX * alarms) * EVENT_ENVELOPE;
		hold(told <= most, "G8", () => `a turn told everyone ${told} characters where ${most} are allowed`);
	}

	#holdErasure({ work, rewritten }: Commit, { redactions }: Asked): void {
		if (!work.isErasing) return;
		const members = rewritten.filter(({ body }) => !body.includes(`"from":"${ROOM_MEMBER}"`)).length;
		const most = ERASE_EVENTS_MAX + redactions;
		hold(members <= most, "G8", () => `a turn took back ${members} events where ${most} are allowed`);
		const { erasedJobs, erasedBytes } = work;
		const isPiece = erasedJobs <= ERASE_JOBS_MAX && erasedBytes <= ERASE_BYTES_MAX;
		hold(isPiece, "G8", () => `a turn took back what ${erasedJobs} jobs hold, ${erasedBytes} bytes of it`);
		if (members === ERASE_EVENTS_MAX) this.#coverage.reach("work", "an erasure goes in pieces");
	}

	/** What was wiped goes a piece at a time, and the next one is at hand from the wipe on. */
	#holdRemains({ work, now }: Commit, { alarmAt, forget }: Effects): void {
		hold(work.removed <= REMAINS_ROWS_MAX, "G8", () => `a turn removed ${work.removed} rows of what was wiped`);
		if (!work.hasRemains || forget) return;
		this.#coverage.reach("work", "what was wiped goes in pieces");
		const isAtHand = alarmAt !== null && alarmAt <= now + REMAINS_PAUSE_MS;
		hold(isAtHand, "liveness", () => `rows remain of what was wiped, and the next alarm is at ${alarmAt}`);
	}

	/** A paused session that asks for too much is closed, and never told what was read for it. */
	#holdReading({ work, rewritten }: Commit, { redactions }: Asked, effects: Effects): void {
		if (work.listed + work.found === 0 || effects.closes.length > 0) return;
		const told = eventsTold(effects);
		const listed = told + (work.isErasing ? ERASE_ROWS_MAX : 0);
		hold(work.listed <= listed, "G8", () => `a turn read ${work.listed} events where ${listed} are told or erased`);
		const taken = redactions + rewritten.length + (work.isErasing ? ERASE_EVENTS_MAX : 0);
		const found = told + taken * FAMILY_MAX;
		hold(
			work.found <= found,
			"G8",
			() => `a turn looked ${work.found} events up where ${found} are told or taken back`,
		);
	}

	/** Nothing but an answer that tells what came of a job needs the job; and an erasure, to know whose an event is. */
	#holdJobs({ work }: Commit, { received }: Asked, { private: own, replies, closes }: Effects): void {
		if (work.jobs === 0 || work.isErasing || closes.length > 0) return;
		let most = received;
		for (const messages of own.values())
			for (const message of messages) if (isNotice(message) || REFUSED_HOLD.test(message)) most++;
		for (const reply of replies.values()) if (reply.outcome === "refused") most++;
		hold(work.jobs <= most, "G8", () => `a turn read ${work.jobs} jobs whole where ${most} are told of`);
	}
}

function askedBy(inputs: readonly Input[]): Asked {
	const asked: Asked = { messages: 0, redactions: 0, alarms: 0, joins: 0, received: 0 };
	for (const input of inputs) {
		if (input.type === "join") asked.joins++;
		if (input.type === "alarm") asked.alarms++;
		// One that is tried again is looked for: what it is about may be gone.
		if (input.type === "settle" || input.type === "alarm" || input.type === "replay") asked.redactions++;
		if (input.type === "moderate" && input.action.action === "redact") asked.redactions++;
		if (input.type === "post") asked.messages++;
		if (input.type !== "frame") continue;
		asked.messages += input.messages.length;
		for (const decoded of input.messages) {
			if (!("message" in decoded)) continue;
			if (decoded.message.type === "moderate" && decoded.message.action === "redact") asked.redactions++;
			if (decoded.message.type === "received") asked.received += decoded.message.jobs.length;
		}
	}
	return asked;
}

const isPage = (message: string): boolean => message.startsWith('{"type":"history"');
export const isNotice = (message: string): boolean => message.startsWith('{"type":"job"');

/** Events that were read to be told: those who are at the same place share their frames. */
function eventsTold({ frames, private: own }: Effects): number {
	// Who are at the same place share what is read; of two places each is read for itself, where both are told the same too.
	const texts = new Set<string>();
	for (const each of frames.values()) texts.add(each.join());
	let count = 0;
	for (const text of texts) count += eventsIn(text);
	for (const messages of own.values()) for (const message of messages) if (isPage(message)) count += eventsIn(message);
	return count;
}

function eventsIn(text: string): number {
	let count = 0;
	for (let at = text.indexOf(EVENT); at !== -1; at = text.indexOf(EVENT, at + EVENT.length)) count++;
	return count;
}
