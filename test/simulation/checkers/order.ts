/** G1 and G2: a session hears nothing that is not stored, and all that is, in its order, each once. */
import type { CaughtUp, Event, HistoryReply } from "../../../src/protocol/messages.ts";
import { hold } from "../broken.ts";
import type { Ledger } from "../ledger.ts";
import type { Sitting } from "./sitting.ts";

export class Order {
	readonly #ledger: Ledger;

	constructor(ledger: Ledger) {
		this.#ledger = ledger;
	}

	event(sitting: Sitting, event: Event): void {
		const { session } = sitting;
		hold(sitting.phase !== "joining", "G2", () => `${session} heard event ${event.seq} before its welcome`);
		hold(sitting.phase !== "paused", "G6", () => `${session} is paused and was sent event ${event.seq}`);
		this.#isStored(sitting.session, event);
		hold(
			event.seq === sitting.next,
			"G2",
			() => `${session} heard event ${event.seq} where ${sitting.next} is next, ${sitting.phase}`,
		);
		sitting.next++;
	}

	/** The same bytes as are stored now: so the same for all. */
	#isStored(session: string, event: Event): void {
		const stored = this.#ledger.current?.at(event.seq);
		hold(stored !== undefined, "G1", () => `${session} heard event ${event.seq}, which is not stored`);
		const said = JSON.stringify(event);
		hold(stored.body === said, "G2", () => `${session} heard ${said} where ${stored.body} is stored`);
	}

	caughtUp(sitting: Sitting, { head }: CaughtUp): void {
		const { session, phase } = sitting;
		hold(phase === "replaying", "G2", () => `${session} was told that it is caught up while ${phase}`);
		hold(head === sitting.next - 1, "G2", () => `${session} is caught up with ${head}, but heard ${sitting.next - 1}`);
		sitting.phase = "live";
	}

	history(sitting: Sitting, { events, floor, head }: HistoryReply): void {
		const { session } = sitting;
		const { current } = this.#ledger;
		hold(
			current !== null && head === current.head && floor === current.floor,
			"G2",
			() => `${session} read a page of ${floor} to ${head} where ${current?.floor} to ${current?.head} is kept`,
		);
		let last = (events[0]?.seq ?? 1) - 1;
		for (const event of events) {
			this.#isStored(session, event);
			hold(
				event.seq === ++last && event.seq >= floor,
				"G2",
				() => `${session} read a page with ${event.seq} at ${last}`,
			);
		}
	}

	/** Whoever is live has heard everything. */
	turned(sittings: Iterable<Sitting>): void {
		const head = this.#ledger.current?.head ?? 0;
		for (const { phase, next, session } of sittings) {
			if (phase !== "live") continue;
			hold(next - 1 === head, "G2", () => `${session} is live and has heard ${next - 1} of ${head}`);
		}
	}
}
