/** G10: one who is sent away in a turn hears nothing that is said in it to everyone, nor what it alone is told from there on. */
import type { ServerMessage, Signal } from "../../../src/protocol/messages.ts";
import type { Effects } from "../../../src/room/effects.ts";
import type { Input } from "../../../src/room/inputs.ts";
import { hold } from "../broken.ts";
import type { Coverage } from "../coverage.ts";
import type { Sitting } from "./sitting.ts";

/** What is told to everyone, or to one who is let in. */
const SHARED: ReadonlySet<string> = new Set(["event", "presence", "welcome", "caught-up"]);
/** What others hear of. */
const HEARD: ReadonlySet<Input["type"]> = new Set(["frame", "post", "settle"]);

export class ClosingsCheck {
	readonly #coverage: Coverage;
	/** What each was sent in the turn that is being performed. */
	#told = new Map<string, ServerMessage[]>();

	constructor(coverage: Coverage) {
		this.#coverage = coverage;
	}

	sent({ session }: Sitting, messages: readonly ServerMessage[]): void {
		this.#told.set(session, [...(this.#told.get(session) ?? []), ...messages]);
	}

	turned(inputs: readonly Input[], effects: Effects, sittings: Iterable<Sitting>): void {
		const told = this.#told;
		this.#told = new Map();
		const closed = new Set(effects.closes.map(({ session }) => session));
		if (closed.size === 0) return;
		const sets = new Set(inputs.flatMap(setsOf));
		for (const { session, member } of sittings) {
			if (!closed.has(session)) continue;
			// What a set that is not what was expected finds is read at the turn's end, when all is said.
			const found = (told.get(session) ?? []).find(
				(message) => "code" in message && message.code === "conflict" && sets.has(message.id ?? ""),
			);
			hold(found === undefined, "G10", () => `${session} was sent away before it was told ${JSON.stringify(found)}`);
			const rest = restAfterClosing(inputs, member);
			if (rest.some(({ type }) => HEARD.has(type))) this.#coverage.reach("closing", "in the middle of a turn");
			this.#hold(session, told.get(session) ?? [], { own: effects.private.get(session) ?? [], rest });
		}
	}

	#hold(
		session: string,
		told: readonly ServerMessage[],
		turn: { own: readonly string[]; rest: readonly Input[] },
	): void {
		let own = turn.own.filter((message) => message.startsWith('{"type":"signal"')).length;
		for (const message of told) {
			const isShared = SHARED.has(message.type) || (message.type === "signal" && own-- <= 0);
			hold(!isShared, "G10", () => `${session} is sent away, and was told ${JSON.stringify(message)} in the same turn`);
			const isLate = message.type === "signal" && turn.rest.some((input) => says(input, message));
			hold(!isLate, "G10", () => `${session} was sent away before it was told ${JSON.stringify(message)}`);
		}
	}

	/** Nobody was told the rest of the turn that was under way. */
	crashed(): void {
		this.#told = new Map();
	}
}

/** What a turn took after it had sent a member away by an operator's word; nothing where it did not. */
function restAfterClosing(inputs: readonly Input[], member: string): readonly Input[] {
	const at = inputs.findIndex(
		(input) =>
			input.type === "moderate" &&
			(input.action.action === "ban" || input.action.action === "remove") &&
			input.action.member === member,
	);
	return at === -1 ? [] : inputs.slice(at + 1);
}

/** The ids of the sets that a frame brings. */
function setsOf(input: Input): string[] {
	if (input.type !== "frame") return [];
	return input.messages.flatMap((each) => ("message" in each && each.message.type === "set" ? [each.message.id] : []));
}

function says(input: Input, { session, name }: Signal): boolean {
	if (input.type !== "frame" || input.session !== session) return false;
	return input.messages.some(
		(each) => "message" in each && each.message.type === "signal" && each.message.name === name,
	);
}
