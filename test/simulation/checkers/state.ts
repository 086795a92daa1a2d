/** G11: the state is the newest, and whole; what one member alone sees is told to nobody else. */
import type { StateEntry } from "../../../src/protocol/entries.ts";
import { IDEMPOTENCY_MS } from "../../../src/protocol/limits.ts";
import type { Ack, ServerMessage, WireError } from "../../../src/protocol/messages.ts";
import { utf8Bytes } from "../../../src/protocol/text.ts";
import type { Setting } from "../../../src/room/inputs.ts";
import type { Entry } from "../../../src/room/state-store.ts";
import { isOf } from "../../../src/room/veil.ts";
import { entryOf } from "../../room/house-rules.ts";
import { hold } from "../broken.ts";
import type { Clock } from "../clock.ts";
import type { Commit } from "../disk.ts";
import type { Ledger } from "../ledger.ts";
import type { Sitting } from "./sitting.ts";

/** Who was erased, and the version up to which what is theirs goes. */
interface Erased {
	member: string;
	through: number;
}

/** The key to which everyone only ever adds one, so that it counts what has landed. */
export const SUM = "sum";

const isVisible = (key: string, member: string): boolean => {
	const rule = entryOf(key);
	return rule !== null && (!rule.isOwn || rule.owner === member);
};

/** What was committed of an epoch's state. */
class History {
	/** In the order of versions. */
	readonly entries: Entry[] = [];
	/** The state went whole at these versions: nobody was there for too long. */
	readonly cleared: number[] = [];
	readonly erased: Erased[] = [];
	/** Where sets have landed, and when, Unix ms. */
	readonly landed = new Map<string, { version: number; at: number }>();
	version = 0;
	sum = 0;

	/** The entries as they were at a version, by key. */
	at(version: number): Map<string, Entry> {
		const cleared = this.cleared.findLast((each) => each <= version) ?? -1;
		const held = new Map<string, Entry>();
		for (const entry of this.entries) {
			if (entry.version <= cleared || entry.version > version) continue;
			if (entry.value === null) held.delete(entry.key);
			else held.set(entry.key, entry);
		}
		return held;
	}

	has({ key, value, version = 0 }: StateEntry): boolean {
		const told = this.entries.find((entry) => entry.version === version && entry.key === key);
		return told !== undefined && JSON.stringify(JSON.parse(told.value ?? "null")) === JSON.stringify(value);
	}

	/** True of what goes with a member that was erased, sooner or later. */
	isErased(entry: Entry): boolean {
		return this.erased.some(({ member, through }) => entry.version <= through && isOf(entry, member));
	}
}

export class StateCheck {
	readonly #ledger: Ledger;
	readonly #clock: Clock;
	readonly #epochs = new Map<string, History>();
	/** What was set under each id, by member and id. */
	readonly #asked = new Map<string, Set<string>>();
	readonly #settings = new Map<string, Setting>();

	constructor(ledger: Ledger, clock: Clock) {
		this.#ledger = ledger;
		this.#clock = clock;
	}

	asked(member: string, set: Setting): void {
		const name = `${member} ${set.id}`;
		const variant = JSON.stringify([set.key, set.value, set.add]);
		this.#asked.set(name, (this.#asked.get(name) ?? new Set()).add(variant));
		if (!this.#settings.has(name)) this.#settings.set(name, set);
	}

	/** The version of an entry as it is; 0 where there is none. */
	versionOf(key: string): number {
		const history = this.#current;
		return history?.at(history.version).get(key)?.version ?? 0;
	}

	of(epoch: string): History {
		let history = this.#epochs.get(epoch);
		if (history === undefined) {
			history = new History();
			this.#epochs.set(epoch, history);
		}
		return history;
	}

	get #current(): History | null {
		return this.#ledger.current === null ? null : this.of(this.#ledger.current.name);
	}

	/** After the ledger has it. */
	committed(commit: Commit): void {
		const { current } = this.#ledger;
		if (current === null) return;
		const history = this.of(current.name);
		const before = history.version;
		for (const { type, ...input } of commit.heeded) {
			const action = type === "moderate" && "action" in input ? input.action : null;
			if (action?.action === "erase") history.erased.push({ member: action.member, through: before });
		}
		if (commit.isStateWiped) [history.sum] = [0, history.cleared.push(before)];
		for (const entry of commit.entries) {
			hold(
				entry.version > history.version,
				"G11",
				() => `${entry.key} was stored at ${entry.version} after ${history.version}`,
			);
			const was = history.at(history.version).get(entry.key);
			// What is still stored of one who was erased counts as gone: to say the same anew is a change.
			const isSame = was !== undefined && was.value === entry.value && !history.isErased(was);
			// What changed and changed back within a turn took its versions.
			const isOnce = (commit.state?.version ?? 0) - before === commit.entries.length;
			hold(!isOnce || !isSame, "G11", () => `${entry.key} took the version ${entry.version} without a change`);
			history.entries.push({ ...entry });
			history.version = entry.version;
		}
		if (commit.state !== null) history.version = Math.max(history.version, commit.state.version);
		this.#land(commit, history);
		this.#count(commit, history);
		for (const member of commit.erased) {
			const kept = [...history.at(history.version).values()].find(
				(entry) => isOf(entry, member) && history.isErased(entry),
			);
			hold(kept === undefined, "erasure", () => `${member} was erased, and ${kept?.key} is kept`);
		}
	}

	#land({ sets }: Commit, history: History): void {
		const now = this.#clock.steadyNow;
		for (const { member, id, seq } of sets) {
			const name = `${member} ${id}`;
			const landed = history.landed.get(name);
			const isKnown = landed !== undefined && now - landed.at < IDEMPOTENCY_MS;
			hold(!isKnown, "G3", () => `the set ${id} of ${member} landed at ${landed?.version} and again at ${seq}`);
			history.landed.set(name, { version: seq, at: now });
			const set = this.#settings.get(name);
			if (set?.key === SUM && set.add !== undefined) history.sum += set.add;
		}
	}

	#count({ state, isWiped }: Commit, history: History): void {
		if (state === null || isWiped) return;
		const held = [...history.at(history.version).values()];
		const bytes = held.reduce((sum, { key, value }) => sum + utf8Bytes(key) + utf8Bytes(value ?? ""), 0);
		hold(
			held.length === state.entries && bytes === state.bytes,
			"G11",
			() => `${held.length} entries of ${bytes} bytes are counted as ${state.entries} of ${state.bytes}`,
		);
		const sum = held.find(({ key }) => key === SUM)?.value ?? "0";
		hold(Number(sum) === history.sum, "G11", () => `what landed adds up to ${history.sum}, and is ${sum}`);
	}

	/** What the room hands to a socket: in its order, and to nobody who is not to see it. */
	sent(sitting: Sitting, messages: readonly ServerMessage[]): void {
		let isState = false;
		for (const message of messages) {
			if (message.type === "event" && sitting.phase === "live")
				hold(!isState, "G11", () => `${sitting.session} was told the state before the event ${message.seq}`);
			if (message.type !== "state") continue;
			isState = true;
			for (const { key } of message.entries)
				hold(isVisible(key, sitting.member), "G8", () => `${sitting.session} was told ${key}, which is not its to see`);
			this.#holdUnerased(sitting, message.version, message.entries);
		}
	}

	#holdUnerased(sitting: Sitting, version: number, entries: readonly StateEntry[]): void {
		const history = this.#current;
		if (history === null || this.#ledger.isWiping || history.erased.length === 0) return;
		for (const { key, value, version: own } of entries) {
			const told = history.entries.find((entry) => entry.version === (own ?? version) && entry.key === key);
			const isKept = value === null || told === undefined || !history.isErased(told);
			hold(isKept, "erasure", () => `${sitting.session} was told ${key} of a member that was erased`);
		}
	}

	ack(sitting: Sitting, { id, version }: Ack): void {
		if (version === undefined || this.#ledger.isWiping) return;
		const landed = this.#current?.landed.get(`${sitting.member} ${id}`);
		hold(
			landed?.version === version,
			"G3",
			() => `${sitting.member} was told that ${id} landed at ${version}, which is ${landed?.version}`,
		);
	}

	error(sitting: Sitting, error: WireError): void {
		if (error.code === "id_reused" && this.isSet(error.id)) {
			const variants = this.#asked.get(`${sitting.member} ${error.id}`);
			hold((variants?.size ?? 0) > 1, "G3", () => `${error.id} was refused as used for another set, which it is not`);
		}
		if (error.code !== "conflict" || error.key === undefined) return;
		const { key, version, value } = error;
		hold(isVisible(key, sitting.member), "G8", () => `${sitting.session} was told ${key}, which is not its to see`);
		const history = this.#current;
		if (history === null || this.#ledger.isWiping) return;
		const entry = history.at(history.version).get(key);
		const isAsItIs =
			entry?.version === version && JSON.stringify(value) === JSON.stringify(JSON.parse(entry?.value ?? "null"));
		const isAbsent = version === 0 && value === null && (entry === undefined || history.isErased(entry));
		hold(
			isAsItIs || isAbsent,
			"G11",
			() => `${sitting.session} was told ${key} at ${version}, which is at ${entry?.version}`,
		);
	}

	/** Ids of sets begin so; those of publishes do not. */
	isSet(id: string | undefined): boolean {
		return id?.startsWith("s") === true;
	}

	/** The keys that a member sees of the state at a version, and its values; `isLoose` those that may have gone already. */
	seen(epoch: string, version: number, member: string): { values: Map<string, string>; loose: Set<string> } {
		const history = this.of(epoch);
		const seen = [...history.at(version)].filter(([key]) => isVisible(key, member));
		const loose = seen.filter(([, entry]) => history.isErased(entry)).map(([key]) => key);
		return { values: new Map(seen.map(([key, { value }]) => [key, value ?? "null"])), loose: new Set(loose) };
	}

	/** True where such an entry was committed. */
	wasSaid(epoch: string, entry: StateEntry): boolean {
		return this.of(epoch).has(entry);
	}
}
