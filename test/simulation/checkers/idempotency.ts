/** G3: one event a (member, id), and an acknowledgement that speaks of it. */

import { IDEMPOTENCY_MS } from "../../../src/protocol/limits.ts";
import type { Ack, WireError } from "../../../src/protocol/messages.ts";
import type { Reply } from "../../../src/room/effects.ts";
import type { NewEvent } from "../../../src/room/store.ts";
import { hold } from "../broken.ts";
import type { Commit } from "../disk.ts";
import type { Ledger } from "../ledger.ts";
import type { Sitting } from "./sitting.ts";

export class Idempotency {
	readonly #ledger: Ledger;
	#keys = new Map<string, NewEvent>();
	/** What was ever published under a (member, id), as JSON. */
	readonly #variants = new Map<string, Set<string>>();

	constructor(ledger: Ledger) {
		this.#ledger = ledger;
	}

	/** A member sends a publish, for the first time or again. */
	published(member: string, id: string, name: string, data: unknown): void {
		const key = `${member} ${id}`;
		const variants = this.#variants.get(key) ?? new Set();
		this.#variants.set(key, variants.add(JSON.stringify([name, data])));
	}

	committed(commit: Commit): void {
		for (const event of commit.appended) {
			if (event.id === null) continue;
			const key = `${this.#ledger.current?.name} ${event.from} ${event.id}`;
			const before = this.#keys.get(key);
			hold(
				before === undefined || event.at - before.at >= IDEMPOTENCY_MS,
				"G3",
				() => `${event.from} published ${event.id} once, and it is event ${before?.seq} and ${event.seq}`,
			);
			this.#keys.set(key, event);
			const said = JSON.parse(event.body) as { name: string; data: unknown; redacted?: true };
			if (said.redacted === true) continue;
			const variants = this.#variants.get(`${event.from} ${event.id}`);
			hold(
				variants?.has(JSON.stringify([said.name, said.data])) === true,
				"G3",
				() => `the event ${event.body} is nothing that its author published`,
			);
		}
	}

	ack(sitting: Sitting, { id, seq }: Ack): void {
		this.isOf(sitting.member, id, seq);
	}

	isOf(member: string, id: string, seq: number): void {
		if (this.#ledger.isWiping) return;
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
		if (reply.outcome === "published" || reply.outcome === "repeated") this.isOf(member, id, reply.seq);
		if (reply.outcome === "refused" && reply.refusal.code === "id_reused") this.reused({ member }, { id });
	}
}
