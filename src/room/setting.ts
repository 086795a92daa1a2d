/**
 * Setting an entry: the checks of a publish in their order, and idempotency. A (member, id) lands once however often
 * it is sent (G3): a repeat is answered from the store, before any other check is made.
 */
import type { Refusal } from "../protocol/codes.ts";
import { OPERATOR, RESERVED_KEYS } from "../protocol/ids.ts";
import { REPEAT_UNITS } from "../protocol/limits.ts";
import type { EntryRule, Rules } from "../protocol/rules.ts";
import type { Settings } from "../protocol/settings.ts";
import { exceedsBytes, utf8Bytes } from "../protocol/text.ts";
import type { Author } from "./author.ts";
import type { Buckets } from "./buckets.ts";
import type { Concern } from "./concern.ts";
import { digestOf } from "./digest.ts";
import type { PresentEntry } from "./effects.ts";
import { isSame, maySee, mayWrite, meets, valueAfter, whyNotWrite } from "./entry-checks.ts";
import type { Setting } from "./inputs.ts";
import type { KnownKey, PublishKey } from "./known-keys.ts";
import type { RoomRecord } from "./record.ts";
import type { Sessions } from "./sessions.ts";
import type { State } from "./state.ts";
import type { StateRecord } from "./state-record.ts";
import type { Entry, StateStore } from "./state-store.ts";
import { REPEAT_TOLL, takeBytes, takePublish } from "./tolls.ts";
import type { Turn } from "./turn.ts";

export type Landing =
	/** `isNew`: there was no entry before. */
	| { outcome: "landed"; version: number; isNew: boolean }
	| { outcome: "refused"; refusal: Refusal }
	/** Answered at the turn's end, with the entry as it is then where it may be seen. */
	| { outcome: "conflict"; isSeen: boolean };

/** Hears a conflict's refusal at the turn's end, with the entry as it is then where it may be told. */
export type Hearing = (refusal: Refusal, entry: PresentEntry | null, turn: Turn) => void;

interface Conflict {
	setting: Pick<Setting, "id" | "key">;
	isSeen: boolean;
	hear: Hearing;
}

interface Needs {
	store: StateStore;
	settings: Settings;
	rules: Rules;
	buckets: Buckets;
	record: RoomRecord;
	stateRecord: StateRecord;
	sessions: Sessions;
	state: State;
}

const REPEATED = { code: "rate_limited", message: "Too many repeats; send this one again a little later." } as const;
const TOO_MANY = { code: "rate_limited", message: "Too many sets; send this one again a little later." } as const;
const TOO_MUCH = {
	code: "rate_limited",
	message: "You, or all here together, say too much at once; send this one again a little later.",
} as const;
const REUSED = {
	code: "id_reused",
	message: "This id was used for another set; give each new set an id of its own.",
} as const;
const CONFLICT = "The entry is not what you expect; look at what it is now and set it again.";

type Refused = Omit<Refusal, "id">;

export class SettingEntries implements Concern {
	readonly #room: Needs;
	/** The sets that are known, among those of this turn, by member and id. */
	#known = new Map<string, KnownKey>();
	/** Those that have landed in this turn. */
	#fresh: KnownKey[] = [];
	#conflicts: Conflict[] = [];
	/** Told after what they have changed. */
	#acks: { session: string; id: string; version: number }[] = [];

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** Looks up a whole turn's sets at once. */
	begin(keys: readonly PublishKey[]): void {
		if (this.#known.size > 0) this.#known = new Map();
		if (keys.length === 0) return;
		for (const known of this.#room.store.findSets(keys)) this.#known.set(nameOf(known), known);
	}

	/** O(size of the value). `hear` is told at the turn's end what there is in place of what was expected. */
	set(author: Author, setting: Setting, hear: Hearing, now: number): Landing {
		const { id, key } = setting;
		if (key.startsWith(RESERVED_KEYS)) {
			const message = `Keys that start with \`${RESERVED_KEYS}\` are the room's own; choose another.`;
			return refused(id, { code: "reserved_name", message });
		}
		const repeat = this.#repeat(author, setting, now);
		if (repeat !== null) return "code" in repeat ? refused(id, repeat) : repeat;
		const rule = this.#room.rules.entry(key);
		if (rule === null || !author.can.has("publish") || !mayWrite(author, rule, setting.value === null)) {
			const message = author.can.has("publish")
				? whyNotWrite(rule)
				: "You may not publish in this room, and who may not sets nothing either.";
			return refused(id, { code: "forbidden", message });
		}
		const entry = this.#room.state.at(key);
		const next = valueAfter(setting, entry, rule);
		if (next.fault !== null) return refused(id, { code: "invalid", message: next.fault });
		if (!meets(entry?.version ?? 0, setting.expect)) return this.#conflict(author, { setting, rule, entry, hear }, now);
		const json = next.value === null ? null : JSON.stringify(next.value);
		const ready = { setting, rule, entry, json, isSame: isSame(entry, json, next.value) };
		const refusal = this.#refuses(author, ready, now);
		return refusal === null ? this.#land(author, ready, now) : refused(id, refusal);
	}

	/** The answer to a set that was made before, or null where this one is new. */
	#repeat(author: Author, { id, key, value, add }: Setting, now: number): Landing | Refused | null {
		const known = this.#known.get(nameOf({ member: author.member, id }));
		if (known === undefined) return null;
		const retryAfterMs = this.#isFree ? 0 : this.#room.buckets.takeFor(author, REPEAT_TOLL, now);
		if (retryAfterMs > 0) return { ...REPEATED, retryAfterMs };
		if (known.digest !== digestOfSet({ key, value, add })) return REUSED;
		return { outcome: "landed", version: known.seq, isNew: false };
	}

	/** PUBLISH_PER_SECOND 0 lifts what bytes and repeats cost, too. */
	get #isFree(): boolean {
		return this.#room.settings.publishPerSecond === 0;
	}

	/** An answer that tells the entry costs as a repeat that is answered with as much. */
	#conflict(author: Author, { setting, rule, entry, hear }: Pending, now: number): Landing {
		const { id, key } = setting;
		const cost = 1 + Math.floor((entry?.bytes ?? 0) / REPEAT_UNITS);
		const retryAfterMs = this.#isFree ? 0 : this.#room.buckets.takeFor(author, { ...REPEAT_TOLL, cost }, now);
		if (retryAfterMs > 0) return { outcome: "refused", refusal: { id, ...REPEATED, retryAfterMs } };
		const isSeen = maySee(author.member, rule);
		this.#conflicts.push({ setting: { id, key }, isSeen, hear });
		return { outcome: "conflict", isSeen };
	}

	/** What speaks against a set that is right: rate, size, bytes and room, in this order. */
	#refuses(author: Author, { setting, rule, entry, json, isSame }: Ready, now: number): Refused | null {
		const { settings, buckets, sessions, state } = this.#room;
		const { key, add } = setting;
		const waitMs = takePublish(buckets, author, settings, now);
		if (waitMs > 0) return { ...TOO_MANY, retryAfterMs: waitMs };
		if (json !== null && exceedsBytes(json, settings.eventBytesMax)) {
			const message = `The value of an entry holds at most ${settings.eventBytesMax} bytes of JSON.`;
			return { code: "too_large", message };
		}
		const audience = rule.isOwn ? sessions.of(rule.owner ?? "").length : sessions.size;
		const units = (json?.length ?? 0) + key.length;
		const lateMs = this.#isFree ? 0 : takeBytes(buckets, author, { units, audience: isSame ? 0 : audience }, now);
		if (lateMs > 0) return { ...TOO_MUCH, retryAfterMs: lateMs };
		if (json === null || isSame) return null;
		// What is added to stays whose it is; what operators set is nobody's.
		const hasShare = author.member !== OPERATOR && (add === undefined || entry === null);
		const full = state.refusesFull(key, utf8Bytes(json), hasShare ? author.member : null);
		return full === null ? null : { code: "state_full", message: full };
	}

	/** What changes nothing lands all the same: where the entry stands. */
	#land(author: Author, { setting, rule, entry, json, isSame }: Ready, now: number): Landing {
		const { state, record } = this.#room;
		const { key, add } = setting;
		const isNew = entry === null && json !== null;
		let version = entry?.version ?? state.version;
		if (!isSame) {
			const isSum = add !== undefined && (entry === null || entry.isSum);
			const holder = add !== undefined && entry !== null ? entry.holder : author.member;
			version = state.change({ key, value: json, from: author.member, holder, owner: rule.owner, isSum }, now);
		}
		record.exist();
		this.#know({ member: author.member, id: setting.id, seq: version, digest: digestOfSet(setting) }, now);
		return { outcome: "landed", version, isNew };
	}

	#know(known: KnownKey, now: number): void {
		const { stateRecord } = this.#room;
		const sets = stateRecord.row.sets + 1;
		stateRecord.change({ sets, oldestKey: stateRecord.row.oldestKey ?? { at: now, seq: sets } });
		this.#known.set(nameOf(known), known);
		this.#fresh.push(known);
	}

	/** A session's set has landed: it hears so after what it has changed. */
	ack(session: string, id: string, version: number): void {
		this.#acks.push({ session, id, version });
	}

	/** After the state, which has told what changed. */
	flush(turn: Turn): void {
		if (this.#fresh.length > 0) this.#room.store.addSets(this.#fresh);
		if (this.#fresh.length > 0) this.#fresh = [];
		for (const { session, id, version } of this.#acks) turn.tell(session, { type: "ack", id, version });
		this.#acks = [];
		this.#answerConflicts(turn);
	}

	#answerConflicts(turn: Turn): void {
		if (this.#conflicts.length === 0) return;
		const seen = new Set(this.#conflicts.filter(({ isSeen }) => isSeen).map(({ setting }) => setting.key));
		const entries = new Map(this.#room.state.read([...seen]).map((entry) => [entry.key, entry]));
		for (const { setting, isSeen, hear } of this.#conflicts) {
			const refusal: Refusal = { id: setting.id, code: "conflict", message: CONFLICT };
			hear(refusal, isSeen ? presentOf(setting.key, entries.get(setting.key)) : null, turn);
		}
		this.#conflicts = [];
	}

	wipe(): void {
		[this.#known, this.#fresh] = [new Map(), []];
	}
}

interface Pending {
	setting: Setting;
	rule: EntryRule;
	entry: Entry | null;
	hear: Hearing;
}

interface Ready {
	setting: Setting;
	rule: EntryRule;
	entry: Entry | null;
	/** Null is a drop. */
	json: string | null;
	/** True where nothing changes. */
	isSame: boolean;
}

function nameOf({ member, id }: PublishKey): string {
	return `${member} ${id}`;
}

function presentOf(key: string, entry: Entry | undefined): PresentEntry {
	return { key, version: entry?.version ?? 0, json: entry?.value ?? "null" };
}

function digestOfSet({ key, value, add }: Pick<Setting, "key" | "value" | "add">): string {
	return digestOf(key, add === undefined ? { value } : { add });
}

function refused(id: string, refusal: Refused): Landing {
	return { outcome: "refused", refusal: { id, ...refusal } };
}
