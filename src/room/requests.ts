/** What a session may ask of its room: each message is checked, done or refused, and stands alone. */

import type { Refusal } from "../protocol/codes.ts";
import {
	HISTORY_PER_SECOND,
	JOB_PER_SECOND,
	MODERATE_PER_SECOND,
	PRESENCE_BYTES_MAX,
	PRESENCE_PER_SECOND,
	SIGNAL_BYTES_MAX,
} from "../protocol/limits.ts";
import type { Capability, ClientMessage, JobRequest, PresenceRequest, SignalRequest } from "../protocol/messages.ts";
import type { Rules } from "../protocol/rules.ts";
import type { Settings } from "../protocol/settings.ts";
import { exceedsBytes } from "../protocol/text.ts";
import type { Buckets } from "./buckets.ts";
import { jobNumber } from "./jobs.ts";
import type { Moderation } from "./moderation.ts";
import type { Outbox } from "./outbox.ts";
import type { Roster } from "./presence.ts";
import type { Publishing } from "./publish.ts";
import type { Session } from "./session.ts";
import { encodeSignal } from "./signals.ts";
import type { Turn } from "./turn.ts";

export class Requests {
	readonly #roster: Roster;
	readonly #publishing: Publishing;
	readonly #outbox: Outbox;
	readonly #moderation: Moderation;
	readonly #rules: Rules;
	readonly #buckets: Buckets;
	readonly #settings: Settings;
	readonly #epoch: () => string;

	constructor(
		roster: Roster,
		publishing: Publishing,
		outbox: Outbox,
		moderation: Moderation,
		rules: Rules,
		buckets: Buckets,
		settings: Settings,
		epoch: () => string,
	) {
		this.#roster = roster;
		this.#publishing = publishing;
		this.#outbox = outbox;
		this.#moderation = moderation;
		this.#rules = rules;
		this.#epoch = epoch;
		this.#buckets = buckets;
		this.#settings = settings;
	}

	handle(session: Session, message: ClientMessage, turn: Turn): void {
		switch (message.type) {
			case "publish": {
				const published = this.#publishing.publish(session, message, turn.now);
				if (published.outcome === "repeated")
					turn.tell(session.id, { type: "ack", id: message.id, seq: published.seq });
				if (published.outcome === "held") turn.tell(session.id, this.#outbox.notice(published.job));
				if (published.outcome === "refused") turn.refuse(session.id, published.refusal);
				return;
			}
			case "signal":
				return this.#signal(session, message, turn);
			case "presence":
				return this.#presence(session, message, turn);
			case "history":
				if (!this.#allows(session, "read", HISTORY_PER_SECOND, message.id, turn)) return;
				turn.histories.push({ session: session.id, request: message });
				return;
			case "job":
				return this.#job(session, message, turn);
			case "moderate": {
				if (!this.#allows(session, "moderate", MODERATE_PER_SECOND, message.id, turn)) return;
				const refusal = this.#moderation.moderate(message, session.member, turn);
				if (refusal !== null) turn.refuse(session.id, { id: message.id, ...refusal });
				return;
			}
			case "received": {
				const numbers = message.jobs.map((job) => jobNumber(this.#epoch(), job)).filter((n) => n !== null);
				return this.#outbox.received(session.member, numbers);
			}
		}
	}

	/** Heavy work that the member asks for: answered at once with where it stands, later with its outcome. */
	#job(session: Session, { id, name, data }: JobRequest, turn: Turn): void {
		const refuse = (code: Refusal["code"], message: string): void => turn.refuse(session.id, { id, code, message });
		const known = this.#outbox.known(session.member, id, "asked");
		if (known !== undefined) return turn.tell(session.id, this.#outbox.notice(known));
		if (!this.#allows(session, "job", JOB_PER_SECOND, id, turn)) return;
		const kind = this.#rules.kind(name);
		if (kind?.asked !== true)
			return refuse("unknown_job", "This room has no job of that name that a member may ask for.");
		const fault = kind.fault(data);
		if (fault !== null) return refuse("invalid", fault);
		const input = JSON.stringify(data);
		if (exceedsBytes(input, this.#settings.eventBytesMax)) {
			return refuse("too_large", `The data of a job holds at most ${this.#settings.eventBytesMax} bytes of JSON.`);
		}
		const full = this.#outbox.fullFor(session.member);
		if (full !== null) return refuse("too_many_jobs", full);
		const { member } = session;
		const head = this.#outbox.add(
			{ kind: name, purpose: "asked", member, ask: id, seq: null, input, deadlineAt: null },
			turn.now,
		);
		turn.tell(session.id, this.#outbox.notice({ ...head, outcome: "null" }));
	}

	/** Capability first, then the member's bucket; tells the refusal. A rate of 0 is no limit. */
	#allows(session: Session, capability: Capability, perSecond: number, id: string | undefined, turn: Turn): boolean {
		if (!session.can.has(capability)) {
			const message = `You lack the capability \`${capability}\` in this room.`;
			turn.refuse(session.id, { id, code: "forbidden", message });
			return false;
		}
		if (perSecond === 0) return true;
		const retryAfterMs = this.#buckets.takeFor(session, capability, perSecond, turn.now);
		if (retryAfterMs === 0) return true;
		const message = "Too many of these; wait a little and try again.";
		turn.refuse(session.id, { id, code: "rate_limited", message, retryAfterMs });
		return false;
	}

	#signal(session: Session, message: SignalRequest, turn: Turn): void {
		if (!this.#allows(session, "signal", this.#settings.signalPerSecond, undefined, turn)) return;
		const dataJson = JSON.stringify(message.data);
		if (exceedsBytes(dataJson, SIGNAL_BYTES_MAX)) {
			const refusal = `The data of a signal holds at most ${SIGNAL_BYTES_MAX} bytes of JSON.`;
			return turn.refuse(session.id, { code: "too_large", message: refusal });
		}
		const signal = { from: session.member, session: session.id, name: message.name };
		if (message.to === undefined) return turn.signals.put(signal, dataJson);
		for (const to of this.#roster.sessionsOf(message.to)) {
			// One whose socket is full gets no signals: by the time it reads them they are old.
			if (!turn.paused.has(to)) turn.tellEncoded(to, [encodeSignal(signal, dataJson)]);
		}
	}

	#presence(session: Session, message: PresenceRequest, turn: Turn): void {
		if (!this.#allows(session, "presence", PRESENCE_PER_SECOND, undefined, turn)) return;
		const state = JSON.stringify(message.state);
		if (exceedsBytes(state, PRESENCE_BYTES_MAX)) {
			const refusal = `A presence state holds at most ${PRESENCE_BYTES_MAX} bytes of JSON.`;
			return turn.refuse(session.id, { code: "too_large", message: refusal });
		}
		this.#roster.setState(session.member, state);
	}
}
