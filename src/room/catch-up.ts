/**
 * Catching up: the welcome of a session that joined, and the replay that brings one from its cursor to the
 * head: the state, the events, and what has changed of the state since. It comes when everything of the turn is written, so that what is read holds all that the turn adds.
 */
import { encodeMessage, packFrames } from "../protocol/codec.ts";
import { CLOSE, type Refusal } from "../protocol/codes.ts";
import { formatCursor } from "../protocol/ids.ts";
import {
	BUFFERED_BYTES_MAX,
	PAGE_BYTES_MAX,
	PAGE_EVENTS_DEFAULT,
	PAGES_AWAITED_MAX,
	PAUSED_PRIVATE_BYTES_MAX,
	REPLAY_EVENTS_MAX,
	REPLAY_FRAME_BYTES_MAX,
	REPLAY_PAGE_BYTES_MIN,
	RETRY_MS_DEFAULT,
	TURN_PRIVATE_UNITS_MAX,
} from "../protocol/limits.ts";
import type { HistoryRequest } from "../protocol/messages.ts";
import type { Settings } from "../protocol/settings.ts";
import { utf8Bytes } from "../protocol/text.ts";
import type { Concern } from "./concern.ts";
import type { History, Page } from "./history.ts";
import type { Owed, Page as PageInput } from "./inputs.ts";
import type { Outbox } from "./outbox.ts";
import type { RoomRecord } from "./record.ts";
import { continuityOf } from "./resume.ts";
import type { Roster } from "./roster.ts";
import type { Greeting, Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { Standing } from "./standing.ts";
import type { StateRecord } from "./state-record.ts";
import type { StateReplay } from "./state-replay.ts";
import type { Turn } from "./turn.ts";
import { encodeWelcome } from "./welcome.ts";

/** Said to one that asks for more than it takes. */
const NOT_TAKEN: Refusal = {
	code: "rate_limited",
	message: "You have not taken what you were sent: read that, and ask for this page again.",
	retryAfterMs: RETRY_MS_DEFAULT,
};

/** A page as it is replayed. */
interface Replayed {
	page: Page;
	frames: readonly string[];
	units: number;
}

/** How many characters a turn may still tell single sessions. */
interface Budget {
	left: number;
}

/** Where one stands whom an earlier version of the code welcomed: there was no entry. */
const NOTHING_YET: Standing = { version: 0, reading: null };

interface Needs {
	name: string;
	settings: Settings;
	record: RoomRecord;
	history: History;
	sessions: Sessions;
	roster: Roster;
	outbox: Outbox;
	stateRecord: StateRecord;
	stateReplay: StateReplay;
}

export class CatchUp implements Concern {
	readonly #room: Needs;
	/** Answered at the turn's end, when the history holds all that it adds. */
	#asked: Omit<PageInput, "type">[] = [];
	#owed: Omit<Owed, "type">[] = [];
	/** This turn's pages, by their cursor: many are at the same place, and share their frames. New each turn. */
	#pages = new Map<number, Replayed>();
	/** This turn's answers but for their ids, by what was asked: a crowd asks for the same, which is read once. New each turn. */
	#answers = new Map<string, string>();

	/** The sessions that had a page in this turn. New each turn. */
	#answered = new Set<string>();

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** A session wants a page of the history; while its socket has not taken what it was sent, that waits. */
	ask(session: Session, request: HistoryRequest, turn: Turn): void {
		const asked = { session: session.id, request };
		if (session.isBehind && session.mode.kind !== "paused") this.#putOff(session, asked, turn);
		else this.#asked.push(asked);
	}

	/** What was put off comes again, once the session's socket has taken what it was sent. */
	askAgain({ session: id, request }: Omit<PageInput, "type">): void {
		const session = this.#room.sessions.get(id);
		if (session !== undefined) session.pagesAwaited = Math.max(0, session.pagesAwaited - 1);
		this.#asked.push({ session: id, request });
	}

	#putOff(session: Session, asked: Omit<PageInput, "type">, turn: Turn): void {
		if (session.pagesAwaited >= PAGES_AWAITED_MAX) {
			return turn.refuse(session.id, { id: asked.request.id, ...NOT_TAKEN });
		}
		session.pagesAwaited++;
		turn.later({ type: "page", ...asked });
	}

	/** A session's member is owed outcomes, after the job of that number. */
	owe(session: string, after: number): void {
		this.#owed.push({ session, after });
	}

	flush(turn: Turn): void {
		const budget: Budget = { left: TURN_PRIVATE_UNITS_MAX };
		const [asked, owed] = [this.#asked, this.#owed];
		if (asked.length > 0) this.#asked = [];
		if (owed.length > 0) this.#owed = [];
		for (const page of asked) this.#answer(page, budget, turn);
		if (asked.length > 0) [this.#answers, this.#answered] = [new Map(), new Set()];
		for (const { session, after } of owed) this.#tellOwed(session, after, budget, turn);
		this.chargePaused(turn);
		for (const id of [...this.#room.sessions.behind]) {
			const session = this.#room.sessions.get(id);
			if (session === undefined || session.mode.kind === "paused") continue;
			// Where many catch up at once, each has a page in its turn, so that no socket fills; a welcome waits for nobody.
			if (budget.left <= 0 && session.greeting === null) turn.again();
			else this.#serve(session, budget, turn);
		}
		if (this.#pages.size > 0) this.#pages = new Map();
		this.#room.stateReplay.end();
	}

	/**
	 * One page a turn for each, so that its socket is seen to be full before it holds all that it asked for. One that is
	 * paused has a bound of its own on what it is told.
	 */
	#answer(asked: Omit<PageInput, "type">, budget: Budget, turn: Turn): void {
		const { session: id, request } = asked;
		const session = this.#room.sessions.get(id);
		if (session === undefined) return;
		const isNext = this.#answered.has(id) && session.mode.kind !== "paused";
		if (budget.left <= 0 || isNext) return this.#putOff(session, asked, turn);
		this.#answered.add(id);
		const page = `{"type":"history","id":${JSON.stringify(request.id)},${this.#answerTo(request)}}`;
		budget.left -= page.length;
		turn.tellEncoded(id, [page]);
	}

	#answerTo(request: HistoryRequest): string {
		const asked = `${request.before} ${request.after} ${request.limit}`;
		let answer = this.#answers.get(asked);
		if (answer === undefined) {
			const { floor, head } = this.#room.record.meta;
			const { bodies, more } = this.#room.history.page(request);
			answer = `"events":[${bodies.join(",")}],"floor":${floor},"head":${head},"more":${more}`;
			this.#answers.set(asked, answer);
		}
		return answer;
	}

	/** Outcomes that came while the member was away. */
	#tellOwed(id: string, after: number, budget: Budget, turn: Turn): void {
		const session = this.#room.sessions.get(id);
		if (session === undefined) return;
		for (const n of this.#room.outbox.owedTo(session.member, after)) {
			if (budget.left <= 0) return turn.later({ type: "owed", session: id, after: n - 1 });
			const row = this.#room.outbox.row(n);
			// One that was forgotten since.
			if (row === null) continue;
			const notice = encodeMessage(this.#room.outbox.notice(row));
			budget.left -= notice.length;
			turn.tellEncoded(id, [notice]);
		}
	}

	/** Welcomes the session, or sends it its next page, or both. */
	#serve(session: Session, budget: Budget, turn: Turn): void {
		const isNew = session.greeting !== null;
		// A client may speak before it is welcomed, but what it hears begins with the welcome and what it missed.
		const answers = turn.untell(session.id);
		const greeting = session.greeting ?? this.#resetOf(session);
		if (greeting !== null) budget.left -= this.#welcome(session, greeting, turn);
		if (budget.left > 0) budget.left -= this.#replay(session, !isNew, turn);
		turn.tellEncoded(session.id, answers);
		if (isNew) this.#tellOwed(session.id, 0, budget, turn);
		turn.attach(session);
		if (session.mode.kind !== "live") turn.again();
	}

	/** Decides where the session takes up the history, and says so; gives how many characters that takes. */
	#welcome(session: Session, greeting: Greeting, turn: Turn): number {
		const { name, settings, record, roster, sessions, stateRecord, stateReplay } = this.#room;
		const continuity = continuityOf(greeting.since, greeting.history, record.meta);
		sessions.setMode(session, { kind: "replaying", cursor: continuity.cursor, state: stateReplay.begin(continuity) });
		session.greeting = null;
		turn.welcome(session.id);
		const { version } = stateRecord.row;
		const about = { name, meta: record.meta, version, roster, settings, continuity, resume: greeting.resume };
		const frame = `[${encodeWelcome(session, about)}]`;
		turn.tellFrames(session.id, [frame]);
		return frame.length;
	}

	/** A new welcome, as a reset, for one whose cursor the floor has passed: what it missed is no longer kept (G4). */
	#resetOf({ mode }: Session): Greeting | null {
		const { epoch, floor } = this.#room.record.meta;
		if (mode.kind !== "replaying" || mode.cursor >= floor - 1) return null;
		return { since: formatCursor({ epoch, seq: mode.cursor }), history: PAGE_EVENTS_DEFAULT, resume: null };
	}

	/**
	 * Sends the session its next page; with the last one it is caught up and live. `wasWelcomed`: in an earlier turn.
	 * Gives how many characters that takes.
	 */
	#replay(session: Session, wasWelcomed: boolean, turn: Turn): number {
		if (session.mode.kind !== "replaying") return 0;
		const { record, roster, sessions } = this.#room;
		const { cursor } = session.mode;
		let units = session.mode.state?.reading === null ? 0 : this.#tellState(session, cursor, turn);
		if (session.mode.state?.reading !== null) return units;
		const { page, frames, units: told } = this.#pageAfter(cursor);
		turn.tellFrames(session.id, frames);
		units += told;
		if (page.more) {
			sessions.setMode(session, { ...session.mode, cursor: page.last ?? cursor });
			return units;
		}
		units += this.#tellState(session, page.last ?? cursor, turn);
		if (session.mode.state.reading !== null) return units;
		// A replay that took several turns heard nothing of who came and went meanwhile.
		const full = wasWelcomed ? [roster.full()] : [];
		turn.tellEncoded(session.id, full);
		turn.tell(session.id, { type: "caught-up", head: record.meta.head });
		turn.tellEncoded(session.id, turn.newest());
		sessions.setMode(session, { kind: "live" });
		return units + (full[0]?.length ?? 0);
	}

	/** Tells a session the next piece of the state, or what has changed of it; gives how many characters that takes. */
	#tellState(session: Session, cursor: number, turn: Turn): number {
		if (session.mode.kind !== "replaying") return 0;
		const { state = NOTHING_YET } = session.mode;
		const { frames, standing } =
			session.withoutState === true
				? { frames: [], standing: { ...state, reading: null } }
				: this.#room.stateReplay.serve(state, session.member);
		if (frames.length > 0) turn.tellFrames(session.id, frames);
		this.#room.sessions.setMode(session, { kind: "replaying", cursor, state: standing });
		return frames.reduce((sum, frame) => sum + frame.length, 0);
	}

	#pageAfter(cursor: number): Replayed {
		const known = this.#pages.get(cursor);
		if (known !== undefined) return known;
		const page = this.#room.history.after(cursor, REPLAY_EVENTS_MAX, pageBytesFor(this.#room.sessions.behind.size));
		const frames = packFrames(page.bodies, REPLAY_FRAME_BYTES_MAX);
		const replayed = { page, frames, units: frames.reduce((sum, frame) => sum + frame.length, 0) };
		this.#pages.set(cursor, replayed);
		return replayed;
	}

	/** Counts what paused sessions are told in private, also of a turn that failed; more than a little is more than they take. */
	chargePaused(turn: Turn): void {
		for (const id of [...this.#room.sessions.paused]) {
			const session = this.#room.sessions.get(id);
			const told = turn.told(id);
			if (told.length === 0 || session?.mode.kind !== "paused") continue;
			session.mode.told += told.reduce((bytes, message) => bytes + utf8Bytes(message), 0);
			turn.attach(session);
			if (session.mode.told <= PAUSED_PRIVATE_BYTES_MAX) continue;
			turn.untell(id);
			this.#room.sessions.close(session, CLOSE.tooSlow, "too slow", turn);
			// The roster of this turn is written already: when its member's grace begins, the next turn writes.
			turn.again();
		}
	}
}

/** How much a page of a replay holds where so many catch up: what all of their sockets may hold at once, if none of them takes it. */
function pageBytesFor(behind: number): number {
	return Math.min(PAGE_BYTES_MAX, Math.max(REPLAY_PAGE_BYTES_MIN, BUFFERED_BYTES_MAX / 2 / behind));
}
