/** A `WebSocket` of a member's in a test: its other end is the room. */

import type { SocketClass } from "../client/room.ts";
import type { Joining } from "../durable/room-body.ts";
import { closeCodeOfRefusedJoin, type Refusal } from "../protocol/codes.ts";
import { SUBPROTOCOL } from "../protocol/subprotocols.ts";
import type { TestClock } from "./clock.ts";
import type { Machine } from "./machine.ts";
import { Wire } from "./wire.ts";

const [CONNECTING, OPEN, CLOSED] = [0, 1, 3];

/** Whose sockets they are. */
export interface Owner {
	machine: Machine;
	clock: TestClock;
	/** Who joins, and what it may do. */
	who: Pick<Joining, "member" | "name" | "can">;
	/** Sees each as it is made, and says whether the network lets it through. */
	made(wire: Wire): boolean;
}

/** The class that a client of this member makes its sockets of. */
export function socketsOf(owner: Owner): SocketClass {
	// Bound, and not a class of its own: the engine keeps a class's shape for long, and all that it can reach with it.
	return TestSocket.bind(null, owner);
}

class TestSocket {
	readonly protocol = SUBPROTOCOL;
	readonly bufferedAmount = 0;
	readyState = CONNECTING;
	onopen: (() => void) | null = null;
	onmessage: ((message: { data: string }) => void) | null = null;
	onerror: (() => void) | null = null;
	onclose: ((close: { code: number; reason: string }) => void) | null = null;
	readonly #owner: Owner;
	readonly #wire: Wire;

	constructor(owner: Owner, url: string) {
		this.#owner = owner;
		const { machine, clock } = owner;
		this.#wire = new Wire(clock, machine, {
			opened: () => {
				this.readyState = OPEN;
				this.onopen?.();
			},
			heard: (text) => this.onmessage?.({ data: text }),
			closed: (code, reason) => {
				this.readyState = CLOSED;
				this.onclose?.({ code, reason });
			},
		});
		if (!owner.made(this.#wire)) return;
		this.#wire.open();
		clock.after(0, () => this.#arrive(new URL(url).searchParams));
	}

	#arrive(query: URLSearchParams): void {
		const { machine, who } = this.#owner;
		const proven = { ...who, address: null };
		const refusal = machine.body.refusesJoin(proven);
		if (refusal !== null) return this.#refuse(refusal);
		machine.body.join(this.#wire as unknown as WebSocket, {
			...proven,
			host: "test",
			expiresAt: null,
			resume: null,
			since: query.get("since"),
			history: Number(query.get("history") ?? 50),
		});
	}

	#refuse(refusal: Refusal): void {
		this.#wire.send(JSON.stringify([{ type: "error", ...refusal }]));
		this.#wire.close(closeCodeOfRefusedJoin(refusal.code), refusal.code);
	}

	send(text: string): void {
		if (this.readyState === OPEN) this.#wire.say(text);
	}

	close(): void {
		if (this.readyState === CLOSED) return;
		this.readyState = CLOSED;
		this.#wire.leave();
	}
}
