/** G8: a refusal is typed, names the id that it refuses, leaks nothing; and what is hostile is refused. */
import { HTTP_STATUS, isAppCode, type Refusal } from "../../../src/protocol/codes.ts";
import type { WireError } from "../../../src/protocol/messages.ts";
import { hold } from "../broken.ts";
import type { Clock } from "../clock.ts";
import type { Coverage } from "../coverage.ts";
import { SECRET } from "../disk.ts";
import type { Ledger } from "../ledger.ts";
import type { Sitting } from "./sitting.ts";

/** What must answer a hostile frame. */
export interface Expected {
	code: Refusal["code"];
	id: string | undefined;
}

/** By then its turn has come. */
const ANSWER_MS_MAX = 500;
/** Refusals that may stand in for any other: the turn failed, or never began. */
const INSTEAD: ReadonlySet<string> = new Set(["internal", "overloaded"]);

export class Refusals {
	readonly #ledger: Ledger;
	readonly #clock: Clock;
	readonly #coverage: Coverage;
	readonly #ids = new Set<string>();
	#waiting: { sitting: Sitting; expected: Expected }[] = [];

	constructor(ledger: Ledger, clock: Clock, coverage: Coverage) {
		this.#ledger = ledger;
		this.#clock = clock;
		this.#coverage = coverage;
	}

	/** A member used an id. */
	used(id: string): void {
		this.#ids.add(id);
	}

	/** A hostile frame has reached the room. */
	expect(sitting: Sitting, expected: Expected): void {
		const waiting = { sitting, expected };
		this.#waiting.push(waiting);
		this.#clock.after(ANSWER_MS_MAX, () => {
			const index = this.#waiting.indexOf(waiting);
			if (index === -1) return;
			this.#waiting.splice(index, 1);
			hold(
				sitting.phase === "gone",
				"G8",
				() =>
					`${sitting.session} was not told ${expected.code}${expected.id === undefined ? "" : ` of ${expected.id}`}`,
			);
		});
	}

	error(sitting: Sitting, error: WireError): void {
		this.refused(error, sitting.session);
		const index = this.#waiting.findIndex(
			(each) =>
				each.sitting === sitting &&
				((error.code === each.expected.code && error.id === each.expected.id) || INSTEAD.has(error.code)),
		);
		if (index !== -1) this.#waiting.splice(index, 1);
	}

	refused(refusal: Refusal, who: string): void {
		const { code, message, id, head, retryAfterMs } = refusal;
		this.#coverage.count("refusal", code);
		if (isAppCode(code)) this.#coverage.reach("rules", "a move was refused");
		hold(
			Object.hasOwn(HTTP_STATUS, code) || isAppCode(code),
			"G8",
			() => `${who} was refused as ${code}, which is no code`,
		);
		hold(message !== "" && !message.includes(SECRET), "G8", () => `${who} was told ${message}`);
		hold(!/\bat .*:\d+|Error:/.test(message), "G8", () => `${who} was told ${message}`);
		hold(id === undefined || this.#ids.has(id), "G8", () => `${who} was refused ${code} of ${id}, which nobody sent`);
		if (code === "rate_limited" || code === "overloaded")
			hold((retryAfterMs ?? 0) > 0, "G8", () => `${who} was refused ${code} without a time to come back`);
		// That of a set tells an entry.
		if (code === "conflict" && !this.#ledger.isWiping && !(id ?? "").startsWith("s")) {
			const now = this.#ledger.current?.head ?? 0;
			hold(head !== undefined && head <= now, "G8", () => `${who} was told the head ${head}, which is ${now}`);
		}
	}
}
