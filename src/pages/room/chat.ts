/** The one event that this page publishes: `chat`, `{ text }`. */
import type { Event } from "../../protocol/messages.ts";

/** What a chat event says; null for any other event. */
export function textOf({ name, data }: Event): string | null {
	if (name !== "chat" || typeof data !== "object" || data === null || !("text" in data)) return null;
	return typeof data.text === "string" ? data.text : null;
}

/** Its size in the room's measure: bytes of the data as JSON. */
export function chatBytes(text: string): number {
	return new TextEncoder().encode(JSON.stringify({ text })).length;
}
