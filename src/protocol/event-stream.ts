/** Server-sent events (WHATWG HTML, 9.2.6), as the server writes them: lines end with `\n`, events with an empty line. */
export interface StreamEvent {
	/** Of a room's: a message's type, or `close`. */
	type: string;
	data: string;
	/** Null where it bears none. */
	id: string | null;
}

/** What stands between two empty lines; null where that is no event, as a comment is none. */
export function readStreamEvent(block: string): StreamEvent | null {
	const event: StreamEvent = { type: "message", data: "", id: null };
	const data: string[] = [];
	// By line breaks alone: JSON does not escape those of Unicode.
	for (const line of block.split("\n")) {
		const [, field, value = ""] = /^(event|data|id): ?(.*)$/s.exec(line) ?? [];
		if (field === "event") event.type = value;
		if (field === "data") data.push(value);
		if (field === "id") event.id = value;
	}
	return data.length === 0 ? null : { ...event, data: data.join("\n") };
}
