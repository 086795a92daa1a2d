/** What a session may ask of its room: each message is checked, done or refused, and stands alone. */

import { encodeMessage } from "../protocol/codec.ts";
import type { Refusal } from "../protocol/codes.ts";
import type { SetRequest } from "../protocol/entries.ts";
import {
	HISTORY_PER_SECOND,
	JOB_PER_SECOND,
	MODERATE_PER_SECOND,
	PRESENCE_BYTES_MAX,
	PRESENCE_PER_SECOND,
	REPEAT_UNITS,
	SIGNAL_BYTES_MAX,
} from "../protocol/limits.ts";
import type { Capability, ClientMessage, JobRequest, PresenceRequest, SignalRequest } from "../protocol/messages.ts";
import type { Rules } from "../protocol/rules.ts";
import type { Settings } from "../protocol/settings.ts";
import { exceedsBytes } from "../protocol/text.ts";
import type { Buckets } from "./buckets.ts";
import type { CatchUp } from "./catch-up.ts";
import { encodeConflict } from "./entry-checks.ts";
import { type JobHead, jobNumber } from "./jobs.ts";
import type { Moderation } from "./moderation.ts";
import type { Outbox } from "./outbox.ts";
import type { Publishing } from "./publish.ts";
import type { RoomRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { Hearing, SettingEntries } from "./setting.ts";
import { encodeSignal } from "./signals.ts";
import { REPEAT_TOLL, takeBytes, tooMany } from "./tolls.ts";
import type { Turn } from "./turn.ts";

interface Needs {
	settings: Settings;
	rules: Rules;
	buckets: Buckets;
	record: RoomRecord;
	sessions: Sessions;
	roster: Roster;
	publishing: Publishing;
	setting: SettingEntries;
	outbox: Outbox;
	moderation: Moderation;
	catchUp: CatchUp;
}

/** What a message asks for: a capability, and a token of its bucket. */
interface Ask {
	capability: Capability;
	/** 0 is no limit. */
	perSecond: number;
	id?: string;
}

/** A text that so many sessions are told. */
interface Said {
	text: string;
	audience: number;
	isPresence?: boolean;
	id?: string;
}

export class Requests {
	readonly #room: Needs;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	handle(session: Session, message: ClientMessage, turn: Turn): void {
		switch (message.type) {
			case "publish": {
				const published = this.#room.publishing.publish(session, message, turn.now);
				if (published.outcome === "repeated")
					turn.tell(session.id, { type: "ack", id: message.id, seq: published.seq });
				if (published.outcome === "held") turn.tell(session.id, this.#room.outbox.notice(published.job));
				if (published.outcome === "refused") turn.refuse(session.id, published.refusal);
				return;
			}
			case "set":
				return this.#set(session, message, turn);
			case "signal":
				return this.#signal(session, message, turn);
			case "presence":
				return this.#presence(session, message, turn);
			case "history":
				if (!this.#allows(session, { capability: "read", perSecond: HISTORY_PER_SECOND, id: message.id }, turn)) return;
				return this.#room.catchUp.ask(session, message, turn);
			case "job":
				return this.#job(session, message, turn);
			case "moderate": {
				const ask: Ask = { capability: "moderate", perSecond: MODERATE_PER_SECOND, id: message.id };
				if (!this.#allows(session, ask, turn)) return;
				const refusal = this.#room.moderation.moderate(message, session.member, turn);
				if (refusal !== null) turn.refuse(session.id, { id: message.id, ...refusal });
				return;
			}
			case "received": {
				const numbers = message.jobs.map((job) => jobNumber(this.#room.record.epoch, job)).filter((n) => n !== null);
				return this.#room.outbox.received(session.member, numbers);
			}
		}
	}

	#set(session: Session, message: SetRequest, turn: Turn): void {
		const hear: Hearing = (refusal, entry, later) => later.tellEncoded(session.id, [encodeConflict(refusal, entry)]);
		const landing = this.#room.setting.set(session, message, hear, turn.now);
		if (landing.outcome === "landed") this.#room.setting.ack(session.id, message.id, landing.version);
		if (landing.outcome === "refused") turn.refuse(session.id, landing.refusal);
		if (landing.outcome === "conflict") turn.countRefusal(session.id);
	}

	/** Heavy work that the member asks for: answered at once with where it stands, later with its outcome. */
	#job(session: Session, { id, name, data }: JobRequest, turn: Turn): void {
		const refuse = (code: Refusal["code"], message: string): void => turn.refuse(session.id, { id, code, message });
		const known = this.#room.outbox.known(session.member, id, "asked");
		if (known !== undefined) return this.#repeat(session, known, turn);
		if (!this.#allows(session, { capability: "job", perSecond: JOB_PER_SECOND, id }, turn)) return;
		const kind = this.#room.rules.kind(name);
		if (kind?.asked !== true)
			return refuse("unknown_job", "This room has no job of that name that a member may ask for.");
		// The room hears what comes of it: that is to speak to everyone.
		if (kind.concerns === "room" && !session.can.has("publish")) {
			return refuse("forbidden", "What comes of that job is told to the room, in which you may not publish.");
		}
		if (kind.off !== undefined) return refuse("not_configured", kind.off);
		const fault = kind.fault(data);
		if (fault !== null) return refuse("invalid", fault);
		const input = JSON.stringify(kind.keep(data));
		if (exceedsBytes(input, this.#room.settings.eventBytesMax)) {
			return refuse("too_large", `The data of a job holds at most ${this.#room.settings.eventBytesMax} bytes of JSON.`);
		}
		if (!this.#affords(session, { text: input, audience: 0, id }, turn)) return;
		const full = this.#room.outbox.fullFor(session, "asked", this.#room.settings.jobsPendingPerMemberMax);
		if (full !== null) return refuse("too_many_jobs", full);
		const { member } = session;
		const head = this.#room.outbox.add(
			{ kind: name, purpose: "asked", member, name: session.name, ask: id, seq: null, input, deadlineAt: null },
			turn.now,
			session.address,
		);
		turn.tell(session.id, this.#room.outbox.notice(head));
	}

	/** What was asked before is answered with where it stands. */
	#repeat(session: Session, known: JobHead, turn: Turn): void {
		const { buckets, outbox } = this.#room;
		// The first token is for the look, the others for what the answer holds.
		let retryAfterMs = buckets.takeFor(session, REPEAT_TOLL, turn.now);
		if (retryAfterMs === 0) {
			const notice = encodeMessage(outbox.notice(known));
			const cost = Math.floor(notice.length / REPEAT_UNITS);
			retryAfterMs = buckets.takeFor(session, { ...REPEAT_TOLL, cost }, turn.now);
			if (retryAfterMs === 0) return turn.tellEncoded(session.id, [notice]);
		}
		const message = "Too many repeats; ask again a little later.";
		turn.refuse(session.id, { id: known.ask ?? "", code: "rate_limited", message, retryAfterMs });
	}

	/** Capability first, then the member's bucket; refuses it otherwise. */
	#allows(session: Session, { capability, perSecond, id }: Ask, turn: Turn): boolean {
		if (!session.can.has(capability)) {
			const message = `You lack the capability \`${capability}\` in this room.`;
			turn.refuse(session.id, { id, code: "forbidden", message });
			return false;
		}
		if (perSecond === 0) return true;
		const retryAfterMs = this.#room.buckets.takeFor(session, { what: capability, perSecond }, turn.now);
		if (retryAfterMs === 0) return true;
		turn.refuse(session.id, { id, code: "rate_limited", message: tooMany(capability), retryAfterMs });
		return false;
	}

	/** Takes what a text costs that so many sessions are told; refuses it otherwise. */
	#affords(session: Session, said: Said, turn: Turn): boolean {
		const { text, id, ...load } = said;
		const retryAfterMs = takeBytes(this.#room.buckets, session, { units: text.length, ...load }, turn.now);
		if (retryAfterMs === 0) return true;
		const message = "You, or all here together, say too much at once; send this again a little later.";
		turn.refuse(session.id, { id, code: "rate_limited", message, retryAfterMs });
		return false;
	}

	#signal(session: Session, message: SignalRequest, turn: Turn): void {
		const { settings, roster, sessions } = this.#room;
		if (!this.#allows(session, { capability: "signal", perSecond: settings.signalPerSecond }, turn)) return;
		const dataJson = JSON.stringify(message.data);
		if (exceedsBytes(dataJson, SIGNAL_BYTES_MAX)) {
			const refusal = `The data of a signal holds at most ${SIGNAL_BYTES_MAX} bytes of JSON.`;
			return turn.refuse(session.id, { code: "too_large", message: refusal });
		}
		// After its size: what a schema costs goes with that.
		const fault = this.#room.rules.signalFault?.(message.name, message.data) ?? null;
		if (fault !== null) return turn.refuse(session.id, { code: "invalid", message: fault });
		const hearers = message.to === undefined ? null : [...roster.sessionsOf(message.to)];
		const isFree = settings.signalPerSecond === 0;
		if (!isFree && !this.#affords(session, { text: dataJson, audience: hearers?.length ?? sessions.size }, turn))
			return;
		const signal = { from: session.member, session: session.id, name: message.name };
		const encoded = encodeSignal(signal, dataJson);
		if (hearers === null) return turn.shareNewest(`${signal.session} ${signal.name}`, encoded);
		for (const to of hearers) {
			// One whose socket is full gets no signals: by the time it reads them they are old.
			if (!sessions.paused.has(to)) turn.tellEncoded(to, [encoded]);
		}
	}

	#presence(session: Session, message: PresenceRequest, turn: Turn): void {
		if (!this.#allows(session, { capability: "presence", perSecond: PRESENCE_PER_SECOND }, turn)) return;
		const state = JSON.stringify(message.state);
		if (exceedsBytes(state, PRESENCE_BYTES_MAX)) {
			const refusal = `A presence state holds at most ${PRESENCE_BYTES_MAX} bytes of JSON.`;
			return turn.refuse(session.id, { code: "too_large", message: refusal });
		}
		const fault = message.state === null ? null : (this.#room.rules.presenceFault?.(message.state) ?? null);
		if (fault !== null) return turn.refuse(session.id, { code: "invalid", message: fault });
		if (!this.#affords(session, { text: state, audience: this.#room.sessions.size, isPresence: true }, turn)) return;
		this.#room.roster.setState(session.member, state);
	}
}
