/** Keeps the reader's place while lines come and go above it. */

export interface ScrollAnchor {
	line: HTMLElement;
	top: number;
}

/** The topmost line in sight. Lines are in order: found in O(log n) looks. */
export function anchorIn(scroller: HTMLElement): ScrollAnchor | null {
	const lines = scroller.querySelectorAll<HTMLElement>(".line");
	const edge = scroller.getBoundingClientRect().top;
	let low = 0;
	let high = lines.length - 1;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((lines[middle]?.getBoundingClientRect().bottom ?? 0) <= edge) low = middle + 1;
		else high = middle;
	}
	const line = lines[low];
	return line === undefined ? null : { line, top: line.getBoundingClientRect().top };
}

export function holdTo(scroller: HTMLElement, anchor: ScrollAnchor): void {
	if (!anchor.line.isConnected) return;
	scroller.scrollTop += anchor.line.getBoundingClientRect().top - anchor.top;
}
