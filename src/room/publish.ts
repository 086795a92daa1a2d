/**
 * Publishing: the checks in their order, and idempotency. A (member, id) yields one event however
 * often it is sent (G3): a repeat is answered from the store, before any other check is made.
 */

import type { Refusal } from "../protocol/codes.ts";
import { OPERATOR, RESERVED_EVENTS } from "../protocol/ids.ts";
import type { Failure } from "../protocol/outcome.ts";
import type { EventRule, Rules } from "../protocol/rules.ts";
import type { Settings } from "../protocol/settings.ts";
import { exceedsBytes } from "../protocol/text.ts";
import type { Author } from "./author.ts";
import type { Buckets } from "./buckets.ts";
import type { Concern } from "./concern.ts";
import { digestOf } from "./digest.ts";
import { isHeld, mayPublish, whyNotPublish } from "./event-checks.ts";
import type { History } from "./history.ts";
import type { Starter } from "./job-counts.ts";
import { type JobHead, jobId, type Publication, rejectionOf } from "./jobs.ts";
import type { PublishKey } from "./known-keys.ts";
import type { Outbox } from "./outbox.ts";
import type { Placing } from "./placing.ts";
import type { RoomRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import type { Decisions, Judgement } from "./rules/decisions.ts";
import type { Ruling } from "./rules/rulings.ts";
import type { Sanctions } from "./sanctions.ts";
import type { Sessions } from "./sessions.ts";
import type { RoomStore } from "./store.ts";
import { REPEAT_TOLL, takeBytes, takePublish } from "./tolls.ts";

/** What is remembered of a publish. */
interface Known {
	seq: number;
	digest: string;
}

const TOO_MUCH = "You, or all here together, say too much at once; send this one again a little later.";
const MUCH_DECIDED =
	"The rules of this room have had much to decide on for you, or for all here; send this one again a little later.";
const REPEATED = { code: "rate_limited", message: "Too many repeats; send this one again a little later." } as const;
const REUSED = {
	code: "id_reused",
	message: "This id was used for another event; give each new event an id of its own.",
} as const;

/** Here, and not within the check: that would make a function for each publish. */
function refuse(code: Refusal["code"], message: string, more: Partial<Refusal> = {}): { refusal: Refusal } {
	return { refusal: { code, message, ...more } };
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

interface Holding {
	publication: Publication;
	rule: EventRule;
}

interface Appending {
	publication: Publication;
	dataJson: string;
	rule: EventRule | null;
	/** Null where nothing decides. */
	judgement: (Judgement & { ruling: Ruling }) | null;
}

export type Published =
	| { outcome: "published" | "repeated"; seq: number }
	| { outcome: "held"; job: JobHead }
	| { outcome: "refused"; refusal: Refusal };

interface Needs {
	store: RoomStore;
	settings: Settings;
	rules: Rules;
	buckets: Buckets;
	record: RoomRecord;
	history: History;
	outbox: Outbox;
	sessions: Sessions;
	roster: Roster;
	sanctions: Sanctions;
	placing: Placing;
	decisions: Decisions;
}

export class Publishing implements Concern {
	readonly #room: Needs;
	/** The publishes that are known, among those of this turn: by member, then by id. */
	#known = new Map<string, Map<string, Known>>();

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** Looks up a whole turn's publishes at once: one statement, not one a message. */
	begin(keys: readonly PublishKey[]): void {
		if (this.#known.size > 0) this.#known = new Map();
		if (keys.length === 0) return;
		for (const { member, id, seq, digest } of this.#room.store.findKeys(keys)) this.#know(member, id, { seq, digest });
	}

	/** O(size of the data); appends to the history, or owes a check, where nothing speaks against it. */
	publish(author: Author, draft: Draft, now: number): Published {
		const { id, name, data } = draft;
		if (name.startsWith(RESERVED_EVENTS)) {
			const message = `Event names that start with \`${RESERVED_EVENTS}\` are the room's own; choose another.`;
			return { outcome: "refused", refusal: { id, code: "reserved_name", message } };
		}
		const repeat = this.#repeat(author, draft, now);
		if (repeat !== null) return repeat;
		const checked = this.#check(author, draft, now);
		if ("refusal" in checked) return { outcome: "refused", refusal: { id, ...checked.refusal } };
		const { rule, dataJson } = checked;
		const publication: Publication = { id, name, data, author: author.name };
		if (isHeld(author, rule)) return { outcome: "held", job: this.#hold(author, { publication, rule }, now) };
		const judgement = this.#judge(author, { publication, dataJson, rule }, now);
		if (judgement !== null && "refusal" in judgement)
			return { outcome: "refused", refusal: { id, ...judgement.refusal } };
		return { outcome: "published", seq: this.#place(author, { publication, dataJson, rule, judgement }, now) };
	}

	/** What speaks against a publish that is new: capability, name, data, `expect`, rate, size and room for its check, in this order. */
	#check(author: Author, { name, data, expect }: Draft, now: number): { refusal: Refusal } | Checked {
		const { settings, rules, record, outbox } = this.#room;
		if (!author.can.has("publish")) return refuse("forbidden", "You may not publish in this room.");
		const rule = rules.event(name);
		if (rule === null || !mayPublish(author, rule)) {
			return refuse("forbidden", whyNotPublish(rule));
		}
		if (rule.off !== undefined && author.member !== OPERATOR) return refuse("not_configured", rule.off);
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
		const retryAfterMs = takePublish(this.#room.buckets, author, settings, now);
		if (retryAfterMs > 0) {
			return refuse("rate_limited", "Too many publishes; send this one again a little later.", { retryAfterMs });
		}
		const dataJson = JSON.stringify(data);
		if (exceedsBytes(dataJson, settings.eventBytesMax)) {
			return refuse("too_large", `The data of an event holds at most ${settings.eventBytesMax} bytes of JSON.`);
		}
		const lateMs = this.#takeBytes(author, dataJson.length, now);
		if (lateMs > 0) return refuse("rate_limited", TOO_MUCH, { retryAfterMs: lateMs });
		// What an event starts refuses nothing: where there is no room for that, it is dropped.
		const purpose = isHeld(author, rule) ? "hold" : rule.check?.when === "after" ? "review" : null;
		const full = purpose === null ? null : outbox.fullFor(author, purpose, settings.jobsPendingPerMemberMax);
		return full === null ? { rule, dataJson } : refuse("too_many_jobs", full);
	}

	#know(member: string, id: string, known: Known): void {
		let theirs = this.#known.get(member);
		if (theirs === undefined) {
			theirs = new Map();
			this.#known.set(member, theirs);
		}
		theirs.set(id, known);
	}

	/** Nothing was ever published here. */
	wipe(): void {
		this.#known.clear();
	}

	/** Publishes what was held, now that its check does not speak against it: only a rule may. */
	release(member: string, publication: Publication, now: number): { seq: number } | { refusal: Omit<Refusal, "id"> } {
		const { rules, roster, sanctions, decisions } = this.#room;
		const rule = rules.event(publication.name);
		const by = { member, address: roster.addressOf(member, now) };
		const can = [...sanctions.effective(member, publication.can ?? [])];
		const dataJson = JSON.stringify(publication.data);
		const judgement = decisions.judge({ ...publication, decide: rule?.decide, by, can, dataJson }, now);
		if (judgement === null || "ruling" in judgement)
			return { seq: this.#place(by, { publication, dataJson, rule, judgement }, now) };
		if ("error" in judgement) decisions.report("rule", judgement.error);
		return judgement;
	}

	/** What a rule says of a publish against which nothing else speaks; null where there is none. */
	#judge(
		author: Author,
		{ publication, dataJson, rule }: Checked & { publication: Publication },
		now: number,
	): Exclude<Judgement, { refusal: unknown }> | { refusal: Omit<Refusal, "id"> } | null {
		const { decisions } = this.#room;
		const waitMs = rule.decide === undefined ? 0 : decisions.waitMs(author, now);
		if (waitMs > 0) return { refusal: { code: "rate_limited", message: MUCH_DECIDED, retryAfterMs: waitMs } };
		const can = [...author.can];
		const judged = { ...publication, decide: rule?.decide, by: author, can, dataJson };
		const judgement = decisions.judge(judged, now);
		if (judgement === null) return null;
		if ("refusal" in judgement) {
			if ("error" in judgement) decisions.report("rule", judgement.error);
			return judgement;
		}
		const retryAfterMs = decisions.lateMs(judgement.ruling, judgement.cause, now);
		if (retryAfterMs === 0) return judgement;
		return { refusal: { code: "rate_limited", message: TOO_MUCH, retryAfterMs } };
	}

	/** Gives it its place, with all that a rule has decided on with it. */
	#place(by: Starter, { publication, dataJson, rule, judgement }: Appending, now: number): number {
		const { id, name, data, author } = publication;
		const { placing, decisions } = this.#room;
		const digest = digestOf(name, data);
		const event = { from: by.member, author, id, name, digest };
		const seq = placing.place({ event, data, dataJson, rule }, by, now);
		this.#know(by.member, id, { seq, digest });
		if (judgement !== null) decisions.carryOut(judgement, now);
		return seq;
	}

	#hold({ member, address, can }: Author, { publication, rule: { check } }: Holding, now: number): JobHead {
		return this.#room.outbox.add(
			{
				kind: check?.kind ?? "",
				purpose: "hold",
				member,
				ask: publication.id,
				seq: null,
				input: JSON.stringify({ ...publication, can: [...can] } satisfies Publication),
				digest: digestOf(publication.name, publication.data),
				deadlineAt: now + (check?.withinMs ?? 0),
			},
			now,
			address,
		);
	}

	#takeBytes(author: Author, units: number, now: number): number {
		const { buckets, settings, sessions } = this.#room;
		if (settings.publishPerSecond === 0) return 0;
		return takeBytes(buckets, author, { units, audience: sessions.size }, now);
	}

	/**
	 * The answer to a publish that was made before, or null where this one is new. A repeat is known by its digest:
	 * nothing that is stored is read, but the reason for which a held one was refused.
	 */
	#repeat(author: Author, { id, name, data }: Draft, now: number): Published | null {
		const { outbox, buckets, settings, record } = this.#room;
		const known = this.#known.get(author.member)?.get(id);
		const job = known === undefined ? outbox.known(author.member, id, "hold") : undefined;
		const made = known ?? job;
		if (made === undefined) return null;
		const refused = (refusal: Omit<Refusal, "id">): Published => ({ outcome: "refused", refusal: { id, ...refusal } });
		const retryAfterMs = settings.publishPerSecond === 0 ? 0 : buckets.takeFor(author, REPEAT_TOLL, now);
		if (retryAfterMs > 0) return refused({ ...REPEATED, retryAfterMs });
		// Of an event that is no longer kept nobody can say any more what it was.
		const isKept = made.seq === null || made.seq >= record.meta.floor;
		const digest = isKept ? made.digest || this.#digestOf(made, job) : "";
		if (digest !== "" && digest !== digestOf(name, data)) return refused(REUSED);
		if (made.seq !== null) return { outcome: "repeated", seq: made.seq };
		if (job?.state !== "failed") return { outcome: "held", job: job as JobHead };
		return refused(rejectionOf(JSON.parse(outbox.row(job.n)?.outcome ?? "null") as Failure | null));
	}

	/** Of what an older version of the code stored, without a digest; empty where that can no longer be known. */
	#digestOf({ seq }: Pick<Known, "digest"> & { seq: number | null }, job: JobHead | undefined): string {
		const text = seq === null ? this.#room.outbox.row(job?.n ?? 0)?.input : this.#room.history.at(seq)?.body;
		const made = JSON.parse(text ?? "null") as (Pick<Publication, "name" | "data"> & { redacted?: true }) | null;
		return made === null || made.redacted === true ? "" : digestOf(made.name, made.data);
	}

	/** The public id of a held publish's job. */
	jobOf(job: Pick<JobHead, "n">): string {
		return jobId(this.#room.record.epoch, job.n);
	}
}
