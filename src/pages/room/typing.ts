/** Who is typing. Said again every few seconds by those who are, and believed for a little longer. */
import type { Room } from "../../client/room.ts";
import type { Member, Signal } from "../../protocol/messages.ts";
import { Store } from "../store.ts";

const BELIEVED_MS = 4000;
const SAID_AGAIN_MS = 2000;

export class Typing extends Store {
	#expiries = new Map<string, ReturnType<typeof setTimeout>>();
	#saidAt = 0;

	get members(): string[] {
		return [...this.#expiries.keys()];
	}

	hear({ from, data }: Signal): void {
		const isTyping = typeof data === "object" && data !== null && "typing" in data && data.typing === true;
		if (!isTyping) return this.hush(from);
		const isNew = !this.#expiries.has(from);
		clearTimeout(this.#expiries.get(from));
		this.#expiries.set(
			from,
			setTimeout(() => this.hush(from), BELIEVED_MS),
		);
		if (isNew) this.changed();
	}

	/** They have stopped, or said what they were typing. */
	hush(member: string): void {
		if (!this.#expiries.has(member)) return;
		clearTimeout(this.#expiries.get(member));
		this.#expiries.delete(member);
		this.changed();
	}

	/** Those who left do not type. */
	keep(members: ReadonlyMap<string, Member>): void {
		for (const member of this.members) if (!members.has(member)) this.hush(member);
	}

	clear(): void {
		for (const member of this.members) this.hush(member);
	}

	/** Tells the room that one is typing, or no longer is. */
	say(room: Room, isTyping: boolean): void {
		const now = Date.now();
		if (isTyping ? now - this.#saidAt < SAID_AGAIN_MS : this.#saidAt === 0) return;
		this.#saidAt = isTyping ? now : 0;
		room.signal("typing", { typing: isTyping });
	}
}
