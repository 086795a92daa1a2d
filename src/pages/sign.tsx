/** A sign where no room is to be had: the mark, what is so, what to do about it, and the ways on. */
import type { PropsWithChildren } from "hono/jsx/dom";

const MARK = new URL("./mark.svg", import.meta.url).href;

export interface SignProps {
	/** The heading's rank on its page. */
	level: 1 | 2;
	what: string;
	advice: string;
}

/** The children are the ways on. */
export function Sign({ level, what, advice, children }: PropsWithChildren<SignProps>) {
	const Heading = `h${level}` as const;
	return (
		<div class="sign">
			<img src={MARK} alt="" width="56" height="56" />
			<Heading dir="auto">{what}</Heading>
			<p dir="auto">{advice}</p>
			<p class="on">{children}</p>
		</div>
	);
}
