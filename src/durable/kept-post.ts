/**
 * A post or a set as it waits for its turn: as text, because what a text is decoded to may weigh thirty times as much.
 * Each kind in a function of its own: a function holds all that those beside it hold.
 */
import type { Post, Put, Setting } from "../room/inputs.ts";

type Publish = Post["publish"];

export interface KeptWrite {
	/** What it weighs. */
	text: string;
	read: () => Pick<Post, "type" | "publish"> | Pick<Put, "type" | "set">;
}

export function keepPost(publish: Publish): KeptWrite {
	return typeof publish.data === "string" ? asItIs(publish, publish.data) : asText(publish);
}

/** A text weighs what it weighs. */
function asItIs(publish: Publish, text: string): KeptWrite {
	return { text, read: () => ({ type: "post", publish }) };
}

function asText({ data, ...draft }: Publish): KeptWrite {
	const text = JSON.stringify(data) ?? "null";
	return { text, read: () => ({ type: "post", publish: { ...draft, data: JSON.parse(text) as unknown } }) };
}

export function keepSetting({ value, ...set }: Setting): KeptWrite {
	const text = JSON.stringify(value) ?? "null";
	return { text, read: () => ({ type: "put", set: { ...set, value: JSON.parse(text) as unknown } }) };
}
