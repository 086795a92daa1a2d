/** The keys of what a turn asks for, so that what was asked before is looked up at once: one statement, not one a message. */
import type { Rules } from "../protocol/rules.ts";
import type { Input } from "./inputs.ts";
import type { AskKey, Purpose } from "./jobs.ts";
import type { Draft } from "./publish.ts";
import type { Sessions } from "./sessions.ts";
import type { PublishKey } from "./store.ts";

export interface Keys {
	publishes: PublishKey[];
	asks: AskKey[];
}

/** One who joins in this very turn may have been here before: its keys count too. */
export function keysOf(inputs: readonly Input[], sessions: Sessions, rules: Rules): Keys {
	const keys: Keys = { publishes: [], asks: [] };
	/** A key that is asked for a hundred times is looked up once. */
	const seen = new Set<string>();
	const isNew = (purpose: Purpose | "publish", member: string, id: string): boolean =>
		seen.size < seen.add(`${purpose} ${member} ${id}`).size;
	const joining = new Map<string, string>();
	const publishes = (member: string, { id, name }: Pick<Draft, "id" | "name">): void => {
		if (isNew("publish", member, id)) keys.publishes.push({ member, id });
		if (rules.event(name)?.check?.when === "before" && isNew("hold", member, id))
			keys.asks.push({ member, ask: id, purpose: "hold" });
	};
	for (const input of inputs) {
		if (input.type === "join") joining.set(input.session, input.member);
		if (input.type === "post") publishes(input.member, input.publish);
		if (input.type !== "frame") continue;
		const member = sessions.get(input.session)?.member ?? joining.get(input.session);
		if (member === undefined) continue;
		for (const decoded of input.messages) {
			if (!("message" in decoded)) continue;
			const { message } = decoded;
			if (message.type === "publish") publishes(member, message);
			if (message.type === "job" && isNew("asked", member, message.id))
				keys.asks.push({ member, ask: message.id, purpose: "asked" });
		}
	}
	return keys;
}
