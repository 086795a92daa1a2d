/** What is asked of one publish: who may, why not, and whether others must wait for its check. */
import { OPERATOR } from "../protocol/ids.ts";
import type { EventRule } from "../protocol/rules.ts";
import type { Author } from "./author.ts";

export function mayPublish(author: Author, { from }: EventRule): boolean {
	if (author.member === OPERATOR || from === "members") return true;
	return from === "moderators" && author.can.has("moderate");
}

/** Why one who may publish may not publish that, as a sentence. */
export function whyNotPublish(rule: EventRule | null): string {
	if (rule === null)
		return "Nobody may publish an event of that name here: `events` in app.ts lists those that there are.";
	const who = rule.from === "backend" ? "the app's backend and its rules" : "those who may moderate";
	return `Events of that name are published by ${who}: \`from\` in app.ts says so.`;
}

/** True where it must be cleared before anyone sees it. An operator's own word needs no check. */
export function isHeld(author: Author, rule: EventRule): boolean {
	return rule.check?.when === "before" && author.member !== OPERATOR;
}
