/** A panel that slides over the page, while it is open: it has the focus and the tab key until it is closed. */
import { useLayoutEffect, useRef } from "hono/jsx/dom";

export interface Panel {
	/** By ids: the panel, what has the focus first, and what opened it. */
	panel: string;
	title: string;
	opener: string;
	/** True of a page that is wide enough for the panel to stand beside. */
	besideQuery: string;
}

export function usePanel({ panel, title, opener, besideQuery }: Panel, isOpen: boolean, close: () => void): void {
	const wasOpen = useRef(false);
	useLayoutEffect(() => {
		// When it is drawn: what is inert, or hidden still, takes no focus.
		if (isOpen) document.getElementById(title)?.focus();
		else if (wasOpen.current) document.getElementById(opener)?.focus();
		wasOpen.current = isOpen;
		if (!isOpen) return;
		const over = new AbortController();
		const onKey = (key: KeyboardEvent): void => {
			if (key.key === "Escape") close();
			if (key.key === "Tab") goRound(document.getElementById(panel), key);
		};
		document.addEventListener("keydown", onKey, { signal: over.signal });
		matchMedia(besideQuery).addEventListener("change", close, { signal: over.signal });
		return () => over.abort();
	}, [isOpen]);
}

/** From the last place to the first, and back. */
function goRound(panel: HTMLElement | null, key: KeyboardEvent): void {
	const places = [...(panel?.querySelectorAll<HTMLElement>("button, input, [tabindex='0']") ?? [])];
	const [first, last] = [places[0], places.at(-1)];
	const at = document.activeElement;
	const isIn = at instanceof HTMLElement && places.includes(at);
	if (key.shiftKey ? isIn && at !== first : isIn && at !== last) return;
	// From the title the way on is the first place.
	if (!isIn && !key.shiftKey && panel?.contains(at)) return;
	key.preventDefault();
	(key.shiftKey ? last : first)?.focus();
}
