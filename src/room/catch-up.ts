/**
 * Catching up: the welcome of a session that joined, and the replay that brings one from its cursor to the
 * head. It comes when everything of the turn is written, so that what is read holds all that the turn adds.
 */
import { CLOSE } from "../protocol/codes.ts";
import { formatCursor } from "../protocol/ids.ts";
import {
	PAGE_EVENTS_DEFAULT,
	PAUSED_PRIVATE_BYTES_MAX,
	REPLAY_BYTES_PER_TURN_MAX,
	REPLAY_EVENTS_MAX,
} from "../protocol/limits.ts";
import type { HistoryRequest } from "../protocol/messages.ts";
import type { Settings } from "../protocol/settings.ts";
import { utf8Bytes } from "../protocol/text.ts";
import type { Concern } from "./concern.ts";
import type { History, Page } from "./history.ts";
import type { Outbox } from "./outbox.ts";
import type { RoomRecord } from "./record.ts";
import { continuityOf } from "./resume.ts";
import type { Roster } from "./roster.ts";
import type { Greeting, Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { Turn } from "./turn.ts";
import { encodeWelcome } from "./welcome.ts";

interface Needs {
	name: string;
	settings: Settings;
	record: RoomRecord;
	history: History;
	sessions: Sessions;
	roster: Roster;
	outbox: Outbox;
}

export class CatchUp implements Concern {
	readonly #room: Needs;
	/** Answered at the turn's end, when the history holds all that it adds. */
	#asked: { session: string; request: HistoryRequest }[] = [];
	/** This turn's pages, by their cursor: many are at the same place. */
	readonly #pages = new Map<number, Page>();

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** A session wants a page of the history. */
	ask(session: string, request: HistoryRequest): void {
		this.#asked.push({ session, request });
	}

	flush(turn: Turn): void {
		this.#answer(turn);
		if (this.#room.sessions.behind.size === 0) return;
		this.holdBack(turn);
		this.#pages.clear();
		let bytesLeft = REPLAY_BYTES_PER_TURN_MAX;
		for (const id of [...this.#room.sessions.behind]) {
			const session = this.#room.sessions.get(id);
			if (session === undefined || session.mode.kind === "paused") continue;
			// Where many catch up at once, those who came first do so first; a welcome waits for nobody.
			if (bytesLeft <= 0 && session.greeting === null) turn.again();
			else bytesLeft -= this.#serve(session, bytesLeft > 0, turn);
		}
	}

	#answer(turn: Turn): void {
		const { floor, head } = this.#room.record.meta;
		for (const { session, request } of this.#asked) {
			const { bodies, more } = this.#room.history.page(request);
			turn.tellEncoded(session, [
				`{"type":"history","id":${JSON.stringify(request.id)},"events":[${bodies.join(",")}],"floor":${floor},"head":${head},"more":${more}}`,
			]);
		}
		this.#asked = [];
	}

	/** Welcomes the session, or sends it its next page, or both; gives how many characters that took. */
	#serve(session: Session, replays: boolean, turn: Turn): number {
		const isNew = session.greeting !== null;
		// A client may speak before it is welcomed, but what it hears begins with the welcome and what it missed.
		const answers = turn.untell(session.id);
		const greeting = session.greeting ?? this.#resetOf(session);
		if (greeting !== null) this.#welcome(session, greeting, turn);
		if (replays) this.#replay(session, !isNew, turn);
		const units = turn.told(session.id).reduce((sum, message) => sum + message.length, 0);
		turn.tellEncoded(session.id, answers);
		// Outcomes that came while the member was away.
		if (isNew) for (const notice of this.#room.outbox.owedTo(session.member)) turn.tell(session.id, notice);
		turn.attach(session);
		if (session.mode.kind !== "live") turn.again();
		return units;
	}

	/** Decides where the session takes up the history, and says so. */
	#welcome(session: Session, greeting: Greeting, turn: Turn): void {
		const { name, settings, record, roster, sessions } = this.#room;
		const continuity = continuityOf(greeting.since, greeting.history, record.meta);
		sessions.setMode(session, { kind: "replaying", cursor: continuity.cursor });
		session.greeting = null;
		turn.welcome(session.id);
		const about = { name, meta: record.meta, roster, settings, continuity, resume: greeting.resume };
		turn.tellEncoded(session.id, [encodeWelcome(session, about)]);
	}

	/** A new welcome, as a reset, for one whose cursor the floor has passed: what it missed is no longer kept (G4). */
	#resetOf({ mode }: Session): Greeting | null {
		const { epoch, floor } = this.#room.record.meta;
		if (mode.kind !== "replaying" || mode.cursor >= floor - 1) return null;
		return { since: formatCursor({ epoch, seq: mode.cursor }), history: PAGE_EVENTS_DEFAULT, resume: null };
	}

	/** Sends the session its next page; with the last one it is caught up and live. `wasWelcomed`: in an earlier turn. */
	#replay(session: Session, wasWelcomed: boolean, turn: Turn): void {
		if (session.mode.kind !== "replaying") return;
		const { record, roster, sessions } = this.#room;
		const { cursor } = session.mode;
		const page = this.#pageAfter(cursor);
		turn.tellEncoded(session.id, page.bodies);
		if (page.more) return sessions.setMode(session, { kind: "replaying", cursor: page.last ?? cursor });
		// A replay that took several turns heard nothing of who came and went meanwhile.
		if (wasWelcomed) turn.tellEncoded(session.id, [roster.full()]);
		turn.tell(session.id, { type: "caught-up", head: record.meta.head });
		turn.tellEncoded(session.id, turn.newest());
		sessions.setMode(session, { kind: "live" });
	}

	#pageAfter(cursor: number): Page {
		const known = this.#pages.get(cursor);
		if (known !== undefined) return known;
		const page = this.#room.history.after(cursor, REPLAY_EVENTS_MAX);
		this.#pages.set(cursor, page);
		return page;
	}

	/** Counts what paused sessions are told in private, also of a turn that failed; more than a little is more than they take. */
	holdBack(turn: Turn): void {
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
