/**
 * Publishing: the checks in their order, and idempotency. A (member, id) yields one event however
 * often it is sent (G3): a repeat is answered from the store, before any other check is made.
 */

import type { Refusal } from "../protocol/codes.ts";
import { OPERATOR, RESERVED_EVENTS } from "../protocol/ids.ts";
import type { Capability, Event } from "../protocol/messages.ts";
import type { Failure } from "../protocol/outcome.ts";
import type { EventRule, Rules } from "../protocol/rules.ts";
import type { Settings } from "../protocol/settings.ts";
import { exceedsBytes, sameJson } from "../protocol/text.ts";
import type { Buckets } from "./buckets.ts";
import type { Concern } from "./concern.ts";
import type { History } from "./history.ts";
import type { Starter } from "./job-counts.ts";
import { type JobRow, jobId, type Publication, rejectionOf } from "./jobs.ts";
import type { Outbox } from "./outbox.ts";
import type { RoomRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import type { PublishKey, RoomStore } from "./store.ts";

export interface Author {
	member: string;
	name: string;
	can: ReadonlySet<Capability>;
	/** The keyed hash of a guest's network address; null for everyone else. */
	address: string | null;
}

/** What is published, and the key that makes it idempotent. */
export interface Draft {
	id: string;
	name: string;
	data: unknown;
	/** Publishes only if this is the head. */
	expect?: number | undefined;
}

/** A publish against which nothing speaks. */
interface Checked {
	rule: EventRule;
	dataJson: string;
}

interface Appending {
	publication: Publication;
	dataJson: string;
	rule: EventRule | null;
}

export type Published =
	| { outcome: "published" | "repeated"; seq: number }
	| { outcome: "held"; job: JobRow }
	| { outcome: "refused"; refusal: Refusal };

interface Needs {
	store: RoomStore;
	settings: Settings;
	rules: Rules;
	buckets: Buckets;
	record: RoomRecord;
	history: History;
	outbox: Outbox;
	roster: Roster;
}

export class Publishing implements Concern {
	readonly #room: Needs;
	/** Seqs of the publishes that are known, among those of this turn: by member, then by id. */
	readonly #known = new Map<string, Map<string, number>>();

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** Looks up a whole turn's publishes at once: one statement, not one a message. */
	begin(keys: readonly PublishKey[]): void {
		this.#known.clear();
		if (keys.length === 0) return;
		for (const { member, id, seq } of this.#room.store.findKeys(keys)) this.#know(member, id, seq);
	}

	/** O(size of the data); appends to the history, or owes a check, where nothing speaks against it. */
	publish(author: Author, draft: Draft, now: number): Published {
		const { id, name, data } = draft;
		if (name.startsWith(RESERVED_EVENTS)) {
			const message = `Event names that start with \`${RESERVED_EVENTS}\` are the room's own; choose another.`;
			return { outcome: "refused", refusal: { id, code: "reserved_name", message } };
		}
		const repeat = this.#repeat(author.member, draft);
		if (repeat !== null) return repeat;
		const checked = this.#check(author, draft, now);
		if ("refusal" in checked) return { outcome: "refused", refusal: { id, ...checked.refusal } };
		const { rule, dataJson } = checked;
		const publication: Publication = { id, name, data, author: author.name };
		if (isHeld(author, rule)) return { outcome: "held", job: this.#hold(author.member, publication, rule, now) };
		return { outcome: "published", seq: this.#append(author, { publication, dataJson, rule }, now) };
	}

	/** What speaks against a publish that is new: capability, name, data, `expect`, rate, size and room for its check, in this order. */
	#check(author: Author, { name, data, expect }: Draft, now: number): { refusal: Refusal } | Checked {
		const { settings, rules, record, outbox } = this.#room;
		const refuse = (code: Refusal["code"], message: string, more: Partial<Refusal> = {}) => ({
			refusal: { code, message, ...more },
		});
		if (!author.can.has("publish")) return refuse("forbidden", "You may not publish in this room.");
		const rule = rules.event(name);
		if (rule === null || !mayPublish(author, rule)) {
			return refuse("forbidden", "Events of that name are not yours to publish in this room.");
		}
		const fault = rule.fault(data);
		if (fault !== null) return refuse("invalid", fault);
		if (expect !== undefined && isHeld(author, rule)) {
			return refuse("invalid", "An event that is checked first has no place yet; publish it without `expect`.");
		}
		const { head } = record.meta;
		if (expect !== undefined && expect !== head) {
			const message = `The head is ${head}, not ${expect}; look at what came since and publish again.`;
			return refuse("conflict", message, { head });
		}
		const retryAfterMs = this.#takeToken(author, now);
		if (retryAfterMs > 0) {
			return refuse("rate_limited", "Too many publishes; send this one again a little later.", { retryAfterMs });
		}
		const dataJson = JSON.stringify(data);
		if (exceedsBytes(dataJson, settings.eventBytesMax)) {
			return refuse("too_large", `The data of an event holds at most ${settings.eventBytesMax} bytes of JSON.`);
		}
		// What an event starts refuses nothing: where there is no room for that, it is dropped.
		const held = isHeld(author, rule);
		const full = held || rule.check?.when === "after" ? outbox.fullFor(held ? author.member : null) : null;
		return full === null ? { rule, dataJson } : refuse("too_many_jobs", full);
	}

	#know(member: string, id: string, seq: number): void {
		let theirs = this.#known.get(member);
		if (theirs === undefined) {
			theirs = new Map();
			this.#known.set(member, theirs);
		}
		theirs.set(id, seq);
	}

	/** Nothing was ever published here. */
	wipe(): void {
		this.#known.clear();
	}

	/** Publishes what was held, now that nothing speaks against it. */
	release(member: string, publication: Publication, now: number): number {
		const rule = this.#room.rules.event(publication.name);
		const by = { member, address: this.#room.roster.addressOf(member) };
		return this.#append(by, { publication, dataJson: JSON.stringify(publication.data), rule }, now);
	}

	#append(by: Starter, { publication, dataJson, rule }: Appending, now: number): number {
		const { member, address } = by;
		const { id, name, data, author } = publication;
		const { rules, history, outbox } = this.#room;
		const { seq } = history.append({ from: member, author, id, name }, dataJson, now);
		this.#know(member, id, seq);
		const job = { member, ask: id, seq, input: "null", deadlineAt: null };
		for (const kind of rule?.starts ?? []) {
			if (outbox.dropsStarted(by)) break;
			if (rules.kind(kind)?.wants({ name, data }) === true)
				outbox.add({ ...job, kind, purpose: "event" }, now, address);
		}
		if (rule?.check?.when === "after") outbox.add({ ...job, kind: rule.check.kind, purpose: "review" }, now);
		return seq;
	}

	#hold(member: string, publication: Publication, { check }: EventRule, now: number): JobRow {
		const head = this.#room.outbox.add(
			{
				kind: check?.kind ?? "",
				purpose: "hold",
				member,
				ask: publication.id,
				seq: null,
				input: JSON.stringify(publication),
				deadlineAt: now + (check?.withinMs ?? 0),
			},
			now,
		);
		return { ...head, input: "null", outcome: "null" };
	}

	#takeToken(author: Author, now: number): number {
		const { buckets, settings } = this.#room;
		const { publishPerSecond, roomPublishPerSecond } = settings;
		if (publishPerSecond === 0) return 0;
		return (
			buckets.takeFor(author, "publish", publishPerSecond, now) || buckets.take("publish", roomPublishPerSecond, now)
		);
	}

	/** The answer to a publish that was made before, or null where this one is new. */
	#repeat(member: string, { id, name, data }: Draft): Published | null {
		const reused: Published = {
			outcome: "refused",
			refusal: {
				id,
				code: "id_reused",
				message: "This id was used for another event; give each new event an id of its own.",
			},
		};
		const seq = this.#known.get(member)?.get(id);
		if (seq !== undefined) return this.#isSame(seq, name, data) ? { outcome: "repeated", seq } : reused;
		const job = this.#room.outbox.known(member, id, "hold");
		if (job === undefined) return null;
		if (job.seq !== null) return { outcome: "repeated", seq: job.seq };
		if (job.state === "failed") {
			return { outcome: "refused", refusal: { id, ...rejectionOf(JSON.parse(job.outcome) as Failure | null) } };
		}
		const held = JSON.parse(job.input) as Publication | null;
		return held === null || (held.name === name && sameJson(held.data, data)) ? { outcome: "held", job } : reused;
	}

	/** Only an event that is still kept can tell a reused id from a repeat; a redacted one only by its name. */
	#isSame(seq: number, name: string, data: unknown): boolean {
		const kept = this.#room.history.at(seq);
		if (kept === null) return true;
		const event = JSON.parse(kept.body) as Event;
		if (event.name !== name) return false;
		return event.redacted === true || sameJson(event.data, JSON.parse(JSON.stringify(data)));
	}

	/** The public id of a held publish's job. */
	jobOf(job: Pick<JobRow, "n">): string {
		return jobId(this.#room.record.epoch, job.n);
	}
}

function mayPublish(author: Author, { from }: EventRule): boolean {
	if (author.member === OPERATOR || from === "members") return true;
	return from === "moderators" && author.can.has("moderate");
}

/** True where it must be cleared before anyone sees it. An operator's own word needs no check. */
function isHeld(author: Author, rule: EventRule): boolean {
	return rule.check?.when === "before" && author.member !== OPERATOR;
}
