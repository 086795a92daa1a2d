/** What moderators and operators do on the {@link Stage}. */
import type { PostModeration } from "../../src/protocol/http.ts";
import { CAPABILITIES, type Moderation } from "../../src/protocol/messages.ts";
import type { Reply } from "../../src/room/effects.ts";
import type { Input, Moderate } from "../../src/room/inputs.ts";
import type { Stage } from "./stage.ts";

let asked = 0;

/** A moderator's session. */
export function moderator(stage: Stage, member = "mod"): string {
	return stage.join(member, { can: CAPABILITIES });
}

/** By socket, as a step; its id is the action's name. */
export function act(stage: Stage, session: string, action: Moderation): void {
	stage.step([acting(stage, session, action)]);
}

export function acting(stage: Stage, session: string, action: Moderation): Input {
	return stage.saying(session, { type: "moderate", id: action.action, ...action });
}

/** By HTTP, as an operator. */
export function operate(stage: Stage, action: PostModeration): Reply {
	const input = operating(action);
	stage.step([input]);
	return stage.replies.get(input.reply) as Reply;
}

export function operating(action: PostModeration): Moderate {
	return {
		type: "moderate",
		reply: `o${++asked}`,
		by: { member: "room:operator", name: "Operator", can: [], address: null },
		action,
	};
}

export function erase(stage: Stage, member: string): void {
	operate(stage, { action: "erase", member });
}

export function wipe(stage: Stage, epoch = "epoch2"): void {
	stage.step([{ type: "wipe", reply: `o${++asked}`, epoch }]);
}

/** The code of the close or, while the session is open, null; and what the last message was. */
export function fate(stage: Stage, session: string): [number | null, string | undefined] {
	return [stage.closeCode(session), stage.heard(session).at(-1)?.type];
}

/** Whether a join is let in: its close code, or `in`. */
export function tryJoin(stage: Stage, member: string, address: string | null = null): number | "in" {
	return stage.closeCode(stage.join(member, { address })) ?? "in";
}
