/** Small apps whose rules decide, said as rooms hear them. */
import type { Decide } from "../../src/protocol/decision.ts";
import type { EventRule, MemberRules, Rules } from "../../src/protocol/rules.ts";
import { event, houseRules } from "./house-rules.ts";

/** The house rules, and events of these names on which these rules decide. */
export function ruled(
	decides: Record<string, Decide | EventRule>,
	more: { members?: MemberRules; kinds?: Rules["kind"]; entry?: Rules["entry"] } = {},
): Rules {
	const house = houseRules();
	const events = Object.entries(decides).map(([name, rule]): [string, EventRule] => [
		name,
		typeof rule === "function" ? event({ decide: rule }) : rule,
	]);
	const own = new Map(events);
	return {
		...house,
		event: (name) => own.get(name) ?? house.event(name),
		...(more.members === undefined ? {} : { members: more.members }),
		...(more.kinds === undefined ? {} : { kind: more.kinds }),
		...(more.entry === undefined ? {} : { entry: more.entry }),
	};
}
