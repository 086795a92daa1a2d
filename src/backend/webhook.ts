/** What the server's `webhook` jobs send to a backend, proven to come from it (Standard Webhooks). */
import { Webhook } from "standardwebhooks";
import type { Event } from "../protocol/messages.ts";

export interface Delivery {
	/** The same each time that it is sent: the header `webhook-id`. */
	id: string;
	room: string;
	epoch: string;
	/** In order. What is not above the highest `seq` that was stored of (`room`, `epoch`) was there before. */
	events: Event[];
}

/** A `Request`, as far as it is read: every runtime's is one. */
export interface Received {
	text(): Promise<string>;
	readonly headers: Iterable<[name: string, value: string]>;
}

/**
 * The delivery that a request brings.
 * @param secret one of those in the server's `WEBHOOK_SECRET`
 * @throws Error where it was not signed with the secret, or longer ago than five minutes: answer that with 401
 */
export async function verifyWebhook(request: Received, secret: string): Promise<Delivery> {
	const body = await request.text();
	const headers = Object.fromEntries(request.headers);
	const { data } = new Webhook(secret).verify(body, headers) as {
		data: Omit<Delivery, "id">;
	};
	return { id: headers["webhook-id"] ?? "", ...data };
}
