/** Keeps the message area at the newest, or at what is being read there; asks for what comes into sight next. */
import { useLayoutEffect, useRef } from "hono/jsx/dom";
import type { LineProps } from "./line.tsx";
import { jump, type Places, useVirtualLines, type VirtualLines } from "./virtual-lines.ts";
import type { Visit } from "./visit.ts";

const NEAR_BOTTOM_PX = 60;
/** How many heights of the area from an end of what is held the next page is asked for. */
const AHEAD_HEIGHTS = 2;

export interface Following {
	places: Places;
	virtual: VirtualLines;
	toNewest: () => void;
}

export function useFollowing(visit: Visit, lines: readonly LineProps[]): Following {
	const { timeline, outgoing } = visit;
	const places: Places = {
		scroller: useRef<HTMLElement>(null),
		list: useRef<HTMLElement>(null),
		above: useRef<HTMLElement>(null),
	};
	const outgoingSeen = useRef(0);
	// Said something new: one wants to see it, wherever one was reading.
	const newest = outgoing.messages.at(-1)?.key ?? 0;
	if (newest > (outgoingSeen.current ?? 0)) {
		outgoingSeen.current = newest;
		if (timeline.isReading) queueMicrotask(() => timeline.turnToNewest());
	}
	const toBottom = (): void => {
		const element = places.scroller.current;
		if (element !== null) element.scrollTop = element.scrollHeight;
	};
	const look = (): void => {
		const element = places.scroller.current;
		if (element === null) return;
		const below = element.scrollHeight - element.scrollTop - element.clientHeight;
		timeline.setReading(below > NEAR_BOTTOM_PX || timeline.hasNewer);
		fetchAhead(visit, element.scrollTop, below, element.clientHeight * AHEAD_HEIGHTS);
	};
	const virtual = useVirtualLines(lines, places, look);
	const turnsToOldest = useRef(0);
	useLayoutEffect(() => {
		if (!timeline.isReading) toBottom();
		else if (turnsToOldest.current !== timeline.turnsToOldest) jump(virtual, 0);
		turnsToOldest.current = timeline.turnsToOldest;
		// A first page that does not fill the area leaves nothing to scroll: look without being asked.
		look();
	});
	useResize(places, virtual, () => {
		if (!timeline.isReading) toBottom();
	});

	return {
		places,
		virtual,
		toNewest: () => {
			timeline.turnToNewest();
			toBottom();
		},
	};
}

/** A refused page is asked for again by hand, not by the next pixel. */
function fetchAhead({ timeline, room }: Visit, above: number, below: number, ahead: number): void {
	if (!timeline.isLive) return;
	if (above < ahead && timeline.older === "idle") void timeline.loadOlder(room);
	else if (below < ahead && timeline.newer === "idle") void timeline.loadNewer(room);
}

/** The area changes where the composer grows, a keyboard comes up, a window changes; in another width all lines do. */
function useResize({ scroller }: Places, virtual: VirtualLines, onResize: () => void): void {
	useLayoutEffect(() => {
		const element = scroller.current;
		if (element === null) return;
		let width = element.clientWidth;
		const observer = new ResizeObserver(() => {
			if (element.clientWidth !== width) {
				width = element.clientWidth;
				keepPlace(virtual);
			}
			onResize();
		});
		observer.observe(element);
		return () => observer.disconnect();
	}, []);
}

/** What was measured in another width says nothing: the topmost line in sight stays where it is. */
function keepPlace(virtual: VirtualLines): void {
	const offset = virtual.scrollOffset ?? 0;
	const line = virtual.getVirtualItemForOffset(offset);
	if (line === undefined) return;
	const { index, start } = line;
	virtual.measure();
	const [to = 0] = virtual.getOffsetForIndex(index, "start") ?? [];
	jump(virtual, to + offset - start);
}
