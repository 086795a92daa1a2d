/** One's own messages that are not in the history yet: on their way, waiting for a check, or refused. */
import { newMessageId } from "../../client/message-id.ts";
import type { Room } from "../../client/room.ts";
import { RoomError } from "../../client/room-error.ts";
import type { Welcome } from "../../protocol/messages.ts";
import { Store } from "../store.ts";

export type Fate = { kind: "sending" } | { kind: "held" } | { kind: "refused"; reason: string };

export interface OutgoingMessage {
	readonly key: number;
	readonly text: string;
	readonly fate: Fate;
}

interface OnItsWay {
	message: OutgoingMessage;
	/** By which the room speaks of it. */
	id: string;
	room: Room;
	answer: Promise<void>;
	/** Its place, once known: shown until the event itself is. */
	seq: number | null;
}

export class Outgoing extends Store {
	#all = new Map<number, OnItsWay>();
	#keys = 0;
	#shownSeq = 0;
	#epoch: string | null = null;

	get messages(): OutgoingMessage[] {
		return [...this.#all.values()].map(({ message }) => message);
	}

	send(room: Room, text: string): void {
		const key = ++this.#keys;
		const id = newMessageId();
		const unlisten = room.on("job", (notice) => {
			if (notice.id === id && notice.state === "held") this.#meet(key, { kind: "held" });
		});
		const answer = room
			.publish("chat", { text }, { id })
			.then(
				({ seq }) => this.#accepted(key, seq),
				(error: unknown) => this.#meet(key, { kind: "refused", reason: reasonOf(error) }),
			)
			.finally(unlisten);
		this.#all.set(key, { message: { key, text, fate: { kind: "sending" } }, id, room, answer, seq: null });
		this.changed();
	}

	/** True where a message of this page has that id, and its fate is shown beside it. */
	has(id: string): boolean {
		return [...this.#all.values()].some((each) => each.id === id);
	}

	retry(room: Room, key: number): void {
		const message = this.#all.get(key)?.message;
		if (message?.fate.kind !== "refused") return;
		this.#all.delete(key);
		this.send(room, message.text);
	}

	discard(key: number): void {
		this.#all.delete(key);
		this.changed();
	}

	/** Resolves when everything that was given to that room object is answered. */
	async answered(room: Room): Promise<void> {
		await Promise.all([...this.#all.values()].filter((each) => each.room === room).map((each) => each.answer));
	}

	/** In another epoch, a place of the last one means nothing: what was accepted there is gone. */
	welcome({ epoch, continuity }: Welcome): void {
		if (continuity !== "resumed") this.#shownSeq = 0;
		if (this.#epoch !== null && this.#epoch !== epoch) {
			for (const [key, { seq }] of this.#all) if (seq !== null) this.#all.delete(key);
		}
		this.#epoch = epoch;
		this.changed();
	}

	/** The history is shown up to this place. */
	reached(shownSeq: number): void {
		this.#shownSeq = shownSeq;
		for (const [key, { seq }] of this.#all) {
			if (seq === null || seq > shownSeq) continue;
			this.#all.delete(key);
			this.changed();
		}
	}

	#accepted(key: number, seq: number): void {
		const sent = this.#all.get(key);
		if (sent === undefined) return;
		sent.seq = seq;
		this.reached(this.#shownSeq);
	}

	#meet(key: number, fate: Fate): void {
		const sent = this.#all.get(key);
		if (sent === undefined) return;
		sent.message = { ...sent.message, fate };
		this.changed();
	}
}

function reasonOf(error: unknown): string {
	return error instanceof RoomError ? error.message : "You are not in the room any more.";
}
