/**
 * The keys of what a turn asks for, so that what was asked before is looked up at once, and the entries that it is to
 * set: one statement, not one a message.
 */

import type { Rules } from "../protocol/rules.ts";
import { utf8Bytes } from "../protocol/text.ts";
import type { Input, Setting } from "./inputs.ts";
import type { AskKey } from "./jobs.ts";
import type { PublishKey } from "./known-keys.ts";
import type { Draft } from "./publish.ts";
import type { Sessions } from "./sessions.ts";
import type { EntryQuery } from "./state-store.ts";

export interface Keys {
	publishes: PublishKey[];
	asks: AskKey[];
	sets: PublishKey[];
	/** Each with what its new value takes, so that it is read where it may be the same. */
	entries: EntryQuery[];
}

const BRINGS_KEYS: ReadonlySet<Input["type"]> = new Set(["frame", "post", "put"]);

/** One who joins in this very turn may have been here before: its keys count too. Each is looked up once, however often it is asked for. */
export function keysOf(inputs: readonly Input[], sessions: Sessions, rules: Rules): Keys {
	const keys: Keys = { publishes: [], asks: [], sets: [], entries: [] };
	if (!inputs.some(({ type }) => BRINGS_KEYS.has(type))) return keys;
	const joining = new Map<string, string>();
	const [published, held, asked]: [Seen, Seen, Seen] = [new Map(), new Map(), new Map()];
	const [setting, entries]: [Seen, Seen] = [new Map(), new Map()];
	const publish = (member: string, { id }: Pick<Draft, "id">): void => {
		if (isNew(published, member, id)) keys.publishes.push({ member, id });
		// Whatever this one is called, under its id another may have been held, and refused.
		if (rules.holds !== false && isNew(held, member, id)) keys.asks.push({ member, ask: id, purpose: "hold" });
	};
	const set = (member: string, { id, key, value }: Pick<Setting, "id" | "key" | "value">): void => {
		if (isNew(setting, member, id)) keys.sets.push({ member, id });
		const bytes = value === undefined || value === null ? 0 : utf8Bytes(JSON.stringify(value));
		if (isNew(entries, key, String(bytes))) keys.entries.push({ key, bytes });
	};
	for (const input of inputs) {
		if (input.type === "join") joining.set(input.session, input.member);
		if (input.type === "post") publish(input.member, input.publish);
		if (input.type === "put") set(input.member, input.set);
		if (input.type !== "frame") continue;
		const member = sessions.get(input.session)?.member ?? joining.get(input.session);
		if (member === undefined) continue;
		for (const decoded of input.messages) {
			if (!("message" in decoded)) continue;
			const { message } = decoded;
			if (message.type === "publish") publish(member, message);
			if (message.type === "set") set(member, message);
			if (message.type === "job" && isNew(asked, member, message.id))
				keys.asks.push({ member, ask: message.id, purpose: "asked" });
		}
	}
	return keys;
}

/** The ids that were seen, by member; of entries the sizes, by key. */
type Seen = Map<string, Set<string>>;

/** True where it was not there yet. */
function isNew(seen: Seen, member: string, id: string): boolean {
	const ids = seen.get(member);
	if (ids === undefined) {
		seen.set(member, new Set([id]));
		return true;
	}
	const { size } = ids;
	return ids.add(id).size > size;
}
