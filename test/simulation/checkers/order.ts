/** G1 and G2: a session hears nothing that is not stored, and all that is, in its order, each once. */
import { PAGE_EVENTS_DEFAULT } from "../../../src/protocol/limits.ts";
import type { CaughtUp, Event, HistoryReply, HistoryRequest } from "../../../src/protocol/messages.ts";
import { unsaid } from "../../../src/room/veil.ts";
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
		this.isStored(sitting.session, event);
		hold(
			event.seq === sitting.next,
			"G2",
			() => `${session} heard event ${event.seq} where ${sitting.next} is next, ${sitting.phase}`,
		);
		sitting.next++;
	}

	/** The same bytes as are stored now: so the same for all. */
	isStored(who: string, event: Event): void {
		const stored = this.#ledger.current?.at(event.seq);
		hold(stored !== undefined, "G1", () => `${who} heard event ${event.seq}, which is not stored`);
		const said = JSON.stringify(event);
		const isErased = this.#isErased(event) || this.#isErased(this.#ledger.current?.at(event.of ?? 0));
		hold(!isErased || event.data === null, "erasure", () => `${event.from} was erased, and ${who} heard ${said}`);
		// What an erasure has not reached yet is told as if it had.
		const isSame = stored.body === said || (event.redacted === true && unsaid(stored.body) === said);
		hold(isSame, "G2", () => `${who} heard ${said} where ${stored.body} is stored`);
	}

	/** True of what its author had said when it was erased. */
	#isErased(event: Pick<Event, "seq" | "from"> | undefined): boolean {
		return event !== undefined && event.seq <= (this.#ledger.current?.erased.get(event.from) ?? 0);
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
			this.isStored(session, event);
			hold(
				event.seq === ++last && event.seq >= floor,
				"G2",
				() => `${session} read a page with ${event.seq} at ${last}`,
			);
		}
	}

	/** A page as its reader got it is the one that was asked for: without a hole, and as near as can be. */
	page(who: string, { before, after, limit = PAGE_EVENTS_DEFAULT }: HistoryRequest, reply: HistoryReply): void {
		const { events, floor, head, more } = reply;
		const seqs = events.map(({ seq }) => seq);
		const say = (): string => `${who} asked for ${limit} events ${JSON.stringify({ before, after })} and read ${seqs}`;
		const [first = 0] = seqs;
		hold(
			seqs.length <= limit && seqs.every((seq, index) => seq === first + index),
			"G2",
			() => `${say()}, a page with a hole`,
		);
		const from = Math.max((after ?? 0) + 1, floor);
		const to = Math.min((before ?? head + 1) - 1, head);
		const isEmpty = from > to;
		const isNearest = after === undefined ? seqs.at(-1) === to : first === from;
		hold(isEmpty ? seqs.length === 0 : isNearest, "G2", () => `${say()} of ${floor} to ${head}`);
		const hasMore = !isEmpty && (after === undefined ? first > floor : (seqs.at(-1) ?? head) < head);
		hold(more === hasMore, "G2", () => `${say()} of ${floor} to ${head}, and was told more: ${more}`);
	}

	/** Whoever is live has heard everything, and that it has. */
	turned(sittings: Iterable<Sitting>): void {
		const head = this.#ledger.current?.head ?? 0;
		for (const { phase, next, session, wire } of sittings) {
			const isTold = phase !== "replaying" || wire.attachment?.mode.kind !== "live";
			hold(isTold, "G2", () => `${session} is live and was not told that it is caught up`);
			if (phase !== "live") continue;
			hold(next - 1 === head, "G2", () => `${session} is live and has heard ${next - 1} of ${head}`);
		}
	}
}
