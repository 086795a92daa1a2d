/** Whoever hears a room, by whatever socket: what it has heard, in order. */
import type { Event, ServerMessage, Welcome } from "../../src/protocol/messages.ts";

export class Hearer {
	readonly heard: ServerMessage[] = [];

	all<T extends ServerMessage["type"]>(type: T): Extract<ServerMessage, { type: T }>[] {
		return this.heard.filter((message): message is Extract<ServerMessage, { type: T }> => message.type === type);
	}

	/** The latest. */
	get welcome(): Welcome {
		return this.all("welcome").at(-1) as Welcome;
	}

	get events(): Event[] {
		return this.all("event");
	}

	get seqs(): number[] {
		return this.events.map(({ seq }) => seq);
	}
}
