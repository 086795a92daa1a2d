/** What the room found out about a page that a message links to. */

import { ROOM_JOB } from "../../protocol/ids.ts";
import type { Event } from "../../protocol/messages.ts";

export interface Card {
	/** Where a click leads: http or https. */
	url: string;
	/** Of that address itself, so that it cannot say otherwise. */
	host: string;
	title: string;
	description: string;
	image: string | null;
}

/** Which message an event puts a card under; null where it puts none. */
export function underOf(event: Event): number | null {
	const { name, of } = fieldsOf(event.data);
	return event.name === ROOM_JOB && name === "unfurl" && typeof of === "number" ? of : null;
}

/** The card as the event tells it; null where there is nothing to show or nowhere to lead. */
export function cardOf(event: Event): Card | null {
	const { title, description, url, image } = fieldsOf(fieldsOf(event.data).result);
	const address = webAddress(url);
	if (address === null || (!title && !description)) return null;
	return {
		url: address.href,
		host: address.host,
		title: typeof title === "string" ? title : "",
		description: typeof description === "string" ? description : "",
		image: webAddress(image)?.href ?? null,
	};
}

function fieldsOf(value: unknown): Record<string, unknown> {
	return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function webAddress(address: unknown): URL | null {
	const url = typeof address === "string" ? URL.parse(address) : null;
	return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? url : null;
}
