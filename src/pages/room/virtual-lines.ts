/** Which lines are drawn: those in sight and some around them, however many there are. */
import {
	elementScroll,
	observeElementOffset,
	observeElementRect,
	Virtualizer,
	type VirtualizerOptions,
} from "@tanstack/virtual-core";
import { type RefObject, useLayoutEffect, useRef, useState } from "hono/jsx/dom";
import type { LineProps } from "./line.tsx";

/** Beyond each edge: as far as one reads at a stroke. */
const OVERSCAN_LINES = 15;

/** What parts of a line take at 16 px, until they are measured. */
const TEXT_PX = 27;
const BYLINE_PX = 33;
const DAY_PX = 42;
const CARD_PX = 100;

export type VirtualLines = Virtualizer<HTMLElement, HTMLElement>;

/**
 * `scroller` is what scrolls, `list` the element whose children are the lines that are drawn, `above` what stands
 * above the list.
 */
export interface Places {
	scroller: RefObject<HTMLElement | null>;
	list: RefObject<HTMLElement | null>;
	above: RefObject<HTMLElement | null>;
}

/** @param onScroll is told before the lines are drawn for another place: what follows the newest must know that it no longer does. */
export function useVirtualLines(lines: readonly LineProps[], places: Places, onScroll: () => void): VirtualLines {
	const [, setTurn] = useState(0);
	const scrolled = useRef(onScroll);
	scrolled.current = onScroll;
	const read = useReadLine(lines);
	const margin = useRef(0);
	const options: VirtualizerOptions<HTMLElement, HTMLElement> = {
		count: lines.length,
		getScrollElement: () => places.scroller.current,
		getItemKey: (index) => lines[index]?.event.seq ?? -1,
		estimateSize: (index) => estimatedHeight(lines[index]),
		measureElement: heightOf,
		overscan: OVERSCAN_LINES,
		scrollMargin: margin.current ?? 0,
		// Where one reads stays where it is, whatever comes before and after it.
		anchorTo: "end",
		scrollToFn: elementScroll,
		observeElementRect,
		observeElementOffset: (instance, tell) =>
			observeElementOffset(instance, (offset, isScrolling) => {
				read.current = null;
				scrolled.current?.();
				tell(offset, isScrolling);
			}),
		onChange: () => setTurn((turn) => turn + 1),
	};
	const [virtual] = useState<VirtualLines>(() => new Virtualizer(options));
	virtual.setOptions(options);
	virtual.shouldAdjustScrollPositionOnItemSizeChange = ({ start, key }, delta) => {
		if (start < (virtual.scrollOffset ?? 0)) return true;
		const line = read.current;
		return line !== null && (Number(key) < line || (key === line && delta < 0));
	};
	useLayoutEffect(() => virtual._didMount(), []);
	useLayoutEffect(() => {
		margin.current = places.above.current?.offsetHeight ?? 0;
		virtual._willUpdate();
		measure(virtual, places.list.current, read.current);
	});
	return virtual;
}

/**
 * Where older lines have come, the line that is read is the one which was the first, by its seq: what stands before it is
 * measured now and, as it no longer tells its day and author, so is it, and neither moves it. Null else, and from the
 * next scroll on: then what is read is what is in sight.
 */
function useReadLine(lines: readonly LineProps[]): RefObject<number | null> {
	const first = useRef<number | null>(null);
	const read = useRef<number | null>(null);
	const firstSeq = lines[0]?.event.seq ?? null;
	if (first.current !== firstSeq) {
		const former = first.current;
		read.current = lines.some(({ event }, index) => index > 0 && event.seq === former) ? former : null;
		first.current = firstSeq;
	}
	return read;
}

/**
 * Goes there at once, and lets go of the scroll then: whoever scrolls on is not drawn back. Until it is told of, what is
 * measured would be set right against where one was.
 */
export function jump(virtual: VirtualLines, offset: number): void {
	virtual.scrollToOffset(offset);
	virtual.cancelScroll();
	virtual.scrollOffset = offset;
}

/** The attribute by which they are found is not the lines' own: it would draw each of them anew when one goes first. */
function measure(virtual: VirtualLines, list: HTMLElement | null, read: number | null): void {
	const first = virtual.getVirtualItems()[0]?.index ?? 0;
	for (const [index, line] of [...(list?.children ?? [])].entries()) {
		if (!(line instanceof HTMLElement)) continue;
		const at = first + index;
		if (line.dataset.index !== String(at)) line.dataset.index = String(at);
		const key = virtual.options.getItemKey(at);
		const isNew = virtual.elementsCache.get(key) !== line;
		if (isNew) virtual.measureElement(line);
		// At once, before anything is in sight; those that stood here before are watched, and tell when they change.
		if (isNew || key === read) virtual.resizeItem(at, line.getBoundingClientRect().height);
	}
	virtual.measureElement(null);
}

/** To a part of a pixel: what is rounded off a hundred lines would be seen. */
function heightOf(line: HTMLElement, entry: ResizeObserverEntry | undefined): number {
	return entry?.borderBoxSize?.[0]?.blockSize ?? line.getBoundingClientRect().height;
}

function estimatedHeight(line: LineProps | undefined): number {
	if (line === undefined) return 0;
	const { opens, day, card } = line;
	return TEXT_PX + (opens ? BYLINE_PX : 0) + (day === null ? 0 : DAY_PX) + (card === null ? 0 : CARD_PX);
}
