/**
 * A post as it waits for its turn: as text, because what a text is decoded to may weigh thirty times as much. Each kind
 * in a function of its own: a function holds all that those beside it hold.
 */
import type { Post } from "../room/inputs.ts";

type Publish = Post["publish"];

export interface KeptPost {
	/** What it weighs. */
	text: string;
	read: () => Publish;
}

export function keepPost(publish: Publish): KeptPost {
	return typeof publish.data === "string" ? asItIs(publish, publish.data) : asText(publish);
}

/** A text weighs what it weighs. */
function asItIs(publish: Publish, text: string): KeptPost {
	return { text, read: () => publish };
}

function asText({ data, ...draft }: Publish): KeptPost {
	const text = JSON.stringify(data) ?? "null";
	return { text, read: () => ({ ...draft, data: JSON.parse(text) as unknown }) };
}
