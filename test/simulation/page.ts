/** A member's page: what reaches it through the real client, across all its reconnects. */
import { Members } from "../../src/client/members.ts";
import type { Told } from "../../src/client/port.ts";
import { hold } from "./broken.ts";
import type { Ledger } from "./ledger.ts";

export class Page {
	readonly members = new Members();
	readonly #who: string;
	readonly #ledger: Ledger;
	#epoch: string | null;
	/** The seq that it has seen last; null where it has begun anew and seen nothing yet. */
	#seen: number | null;
	#isReplaying = false;
	#floor = 1;

	constructor(who: string, ledger: Ledger, since: string | null) {
		this.#who = who;
		this.#ledger = ledger;
		const [epoch, seq] = since?.split(".") ?? [];
		const isCursor = seq !== undefined && Number.isSafeInteger(Number(seq));
		this.#epoch = isCursor ? (epoch ?? null) : null;
		this.#seen = isCursor ? Number(seq) : null;
	}

	heard(message: Told): void {
		switch (message.type) {
			case "welcome":
				this.members.welcome(message);
				this.#isReplaying = true;
				this.#floor = message.floor;
				if (message.continuity === "resumed") {
					hold(
						message.epoch === this.#epoch && this.#seen !== null,
						"G4",
						() => `${this.#who} resumed what it never saw`,
					);
				} else {
					this.#seen = null;
				}
				this.#epoch = message.epoch;
				return;
			case "event": {
				const { seq, data, redacted } = message;
				const next = this.#seen === null ? null : this.#seen + 1;
				hold(
					next === null ? seq >= this.#floor : seq === next,
					"G2",
					() => `the page of ${this.#who} saw event ${seq} where ${next} is next`,
				);
				this.#seen = seq;
				// In flight it may have been redacted, wiped or forgotten; never may it be unknown.
				const stored = this.#ledger.event(this.#epoch ?? "", seq);
				hold(stored !== undefined, "G1", () => `the page of ${this.#who} saw event ${seq}, which was never stored`);
				const kept = JSON.parse(stored.body) as { data: unknown; redacted?: true };
				hold(
					redacted === true || kept.redacted === true || JSON.stringify(kept.data) === JSON.stringify(data),
					"G2",
					() => `the page of ${this.#who} saw ${JSON.stringify(message)}, not ${stored.body}`,
				);
				return;
			}
			case "caught-up":
				hold(
					this.#seen === null || message.head === this.#seen,
					"G2",
					() => `the page of ${this.#who} is caught up with ${message.head}, and saw ${this.#seen}`,
				);
				this.#seen = message.head;
				this.#isReplaying = false;
				return;
			case "presence":
				this.members.presence(message);
		}
	}

	get cursor(): string | null {
		return this.#epoch === null || this.#seen === null ? null : `${this.#epoch}.${this.#seen}`;
	}

	get isReplaying(): boolean {
		return this.#isReplaying;
	}
}
