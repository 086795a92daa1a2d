import { verifyWebhook } from "rotunda/backend";

/** Who was mentioned, where, and by whom. */
export interface Mention {
	who: string;
	room: string;
	by: string;
	text: string;
}

/** The highest seq that was dealt with of each history. A real backend keeps it in its database, in the same transaction. */
const done = new Map<string, number>();

/** What a delivery says of mentions, each once: `@ada` in a chat. */
export async function received(
	request: Request,
	secret: string,
	notify: (mention: Mention) => void,
): Promise<Response> {
	const delivery = await verifyWebhook(request, secret).catch(() => null);
	if (delivery === null) return new Response("That was not signed by my rooms.", { status: 401 });
	const { room, epoch, events } = delivery;
	const history = `${room} ${epoch}`;
	for (const { seq, author, data } of events) {
		// A delivery that was not answered in time comes again.
		if (seq <= (done.get(history) ?? 0)) continue;
		const { text } = (data ?? { text: "" }) as { text: string };
		for (const [, who = ""] of text.matchAll(/@(\w+)/g)) notify({ who, room, by: author, text });
		done.set(history, seq);
	}
	return new Response(null, { status: 204 });
}
