/** The keys of what a turn asks for, so that what was asked before is looked up at once: one statement, not one a message. */
import type { Rules } from "../protocol/rules.ts";
import type { Input } from "./inputs.ts";
import type { AskKey } from "./jobs.ts";
import type { Draft } from "./publish.ts";
import type { Sessions } from "./sessions.ts";
import type { PublishKey } from "./store.ts";

export interface Keys {
	publishes: PublishKey[];
	asks: AskKey[];
}

/**
 * One who joins in this very turn may have been here before: its keys count too. What a frame asks for a hundred
 * times is looked up once.
 */
export function keysOf(inputs: readonly Input[], sessions: Sessions, rules: Rules): Keys {
	const keys: Keys = { publishes: [], asks: [] };
	const joining = new Map<string, string>();
	const publish = (member: string, { id, name }: Pick<Draft, "id" | "name">): void => {
		keys.publishes.push({ member, id });
		if (rules.event(name)?.check?.when === "before") keys.asks.push({ member, ask: id, purpose: "hold" });
	};
	for (const input of inputs) {
		if (input.type === "join") joining.set(input.session, input.member);
		if (input.type === "post") publish(input.member, input.publish);
		if (input.type !== "frame") continue;
		const member = sessions.get(input.session)?.member ?? joining.get(input.session);
		if (member === undefined) continue;
		const [published, asked] = [new Set<string>(), new Set<string>()];
		for (const decoded of input.messages) {
			if (!("message" in decoded)) continue;
			const { message } = decoded;
			if (message.type === "publish" && adds(published, message.id)) publish(member, message);
			if (message.type === "job" && adds(asked, message.id))
				keys.asks.push({ member, ask: message.id, purpose: "asked" });
		}
	}
	return keys;
}

/** True where it was not there yet. */
function adds(seen: Set<string>, id: string): boolean {
	const { size } = seen;
	return seen.add(id).size > size;
}
