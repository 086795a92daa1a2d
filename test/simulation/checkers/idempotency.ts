/** G3: one event a (member, id), and an acknowledgement that speaks of it. */

import { IDEMPOTENCY_MS } from "../../../src/protocol/limits.ts";
import type { Ack, WireError } from "../../../src/protocol/messages.ts";
import type { Reply } from "../../../src/room/effects.ts";
import { hold } from "../broken.ts";
import type { Clock } from "../clock.ts";
import type { Commit } from "../disk.ts";
import type { Ledger } from "../ledger.ts";
import type { Sitting } from "./sitting.ts";

export class Idempotency {
	readonly #ledger: Ledger;
	readonly #clock: Clock;
	/** The newest event under each key, and when it was written, by the clock that never goes back. */
	readonly #keys = new Map<string, { seq: number; writtenAt: number }>();
	/** When each publish that waits for a check, or was refused by it, was held, likewise. */
	readonly #held = new Map<string, number>();
	/** What was ever published under a (member, id), as JSON. */
	readonly #variants = new Map<string, Set<string>>();
	/** The head that a publish expects, by (member, id). */
	readonly #expected = new Map<string, number>();

	constructor(ledger: Ledger, clock: Clock) {
		this.#ledger = ledger;
		this.#clock = clock;
	}

	/** A member sends a publish, for the first time or again. */
	published(member: string, id: string, name: string, data: unknown, expect: number | undefined): void {
		const key = `${member} ${id}`;
		if (expect !== undefined) this.#expected.set(key, expect);
		const variants = this.#variants.get(key) ?? new Set();
		this.#variants.set(key, variants.add(JSON.stringify([name, data])));
	}

	committed(commit: Commit): void {
		const writtenAt = this.#clock.steadyNow;
		for (const { member, ask, purpose } of commit.jobsAdded) {
			if (purpose !== "hold") continue;
			const key = `${this.#ledger.current?.name} ${member} ${ask}`;
			const isNew = writtenAt - (this.#held.get(key) ?? Number.NEGATIVE_INFINITY) >= IDEMPOTENCY_MS;
			hold(isNew, "G3", () => `${member} has ${ask} held a second time`);
			this.#held.set(key, writtenAt);
		}
		for (const event of commit.appended) {
			// As everyone reads it: the key under which it is stored may be another.
			const said = JSON.parse(event.body) as { id?: string; name: string; data: unknown; redacted?: true };
			if (said.id === undefined) continue;
			const key = `${this.#ledger.current?.name} ${event.from} ${said.id}`;
			const before = this.#keys.get(key);
			hold(
				before === undefined || writtenAt - before.writtenAt >= IDEMPOTENCY_MS,
				"G3",
				() => `${event.from} published ${said.id} once, and it is event ${before?.seq} and ${event.seq}`,
			);
			this.#keys.set(key, { seq: event.seq, writtenAt });
			const expected = this.#expected.get(`${event.from} ${said.id}`) ?? event.seq - 1;
			hold(expected === event.seq - 1, "G2", () => `the event ${event.body} was to come right after ${expected}`);
			if (said.redacted === true) continue;
			const variants = this.#variants.get(`${event.from} ${said.id}`);
			hold(
				variants?.has(JSON.stringify([said.name, said.data])) === true,
				"G3",
				() => `the event ${event.body} is nothing that its author published`,
			);
		}
	}

	ack(sitting: Sitting, { id, seq }: Ack): void {
		if (seq === undefined) return;
		if (!this.#ledger.isWiping) this.isOf(sitting.member, id, seq);
	}

	isOf(member: string, id: string, seq: number): void {
		const event = this.#ledger.current?.at(seq);
		hold(
			event?.from === member && event.id === id,
			"G3",
			() => `${member} was told that ${id} is event ${seq}, which is ${event?.body}`,
		);
	}

	reused({ member }: Pick<Sitting, "member">, { id }: Pick<WireError, "id">): void {
		const variants = this.#variants.get(`${member} ${id}`);
		hold(
			(variants?.size ?? 0) > 1,
			"G3",
			() => `${member} was refused ${id} as used for another event, which it is not`,
		);
	}

	replied(member: string, id: string, reply: Reply): void {
		// What a turn answered before it wiped speaks of the epoch that is gone.
		if ("seq" in reply && (!this.#ledger.isWiping || reply.epoch === this.#ledger.current?.name))
			this.isOf(member, id, reply.seq);
		if (reply.outcome === "refused" && reply.refusal.code === "id_reused") this.reused({ member }, { id });
	}
}
