/** The message area: follows what is new, or keeps still while one reads what is old. */
import { type RefObject, useLayoutEffect, useRef } from "hono/jsx/dom";
import { useStore } from "../store.ts";
import { Line } from "./line.tsx";
import { Older } from "./older.tsx";
import { OutgoingLines } from "./outgoing-lines.tsx";
import { anchorIn, holdTo, type ScrollAnchor } from "./scroll-anchor.ts";
import { linesOf } from "./timeline-lines.ts";
import type { Visit } from "./visit.ts";

const NEAR_BOTTOM_PX = 60;
const NEAR_TOP_PX = 400;

/** Keeps the area at the newest, or at what is being read there. */
function useFollowing(visit: Visit) {
	const { timeline, outgoing } = visit;
	const scroller = useRef<HTMLElement>(null);
	const seenSeq = useRef(0);
	const outgoingSeen = useRef(0);
	const anchor = useRef<ScrollAnchor | null>(null);

	const toBottom = (): void => {
		const element = scroller.current;
		if (element !== null) element.scrollTop = element.scrollHeight;
	};
	const look = (): void => {
		const element = scroller.current;
		if (element === null) return;
		const isReading = element.scrollHeight - element.scrollTop - element.clientHeight > NEAR_BOTTOM_PX;
		if (!isReading) seenSeq.current = timeline.newestSeq;
		timeline.setReading(isReading);
		// A refused page is asked for again by hand, not by the next pixel.
		if (element.scrollTop < NEAR_TOP_PX && timeline.isLive && timeline.older === "idle") {
			void timeline.loadOlder(visit.room);
		}
	};

	// Said something new: one wants to see it, wherever one was reading.
	const newest = outgoing.messages.at(-1)?.key ?? 0;
	if (newest > outgoingSeen.current) {
		outgoingSeen.current = newest;
		timeline.isReading = false;
	}
	if (!timeline.isReading) seenSeq.current = timeline.newestSeq;
	// Before the lines change: where the reader stands.
	anchor.current = timeline.isReading && scroller.current !== null ? anchorIn(scroller.current) : null;
	useLayoutEffect(() => {
		if (scroller.current === null) return;
		if (anchor.current !== null) holdTo(scroller.current, anchor.current);
		else if (!timeline.isReading) toBottom();
		// A first page that does not fill the area leaves nothing to scroll: look without being asked.
		look();
	});
	useResize(scroller, () => {
		if (!timeline.isReading) toBottom();
	});

	return { scroller, seenSeq, toBottom, look };
}

export function TimelineView({ visit }: { visit: Visit }) {
	const timeline = useStore(visit.timeline);
	const outgoing = useStore(visit.outgoing);
	const { scroller, seenSeq, toBottom, look } = useFollowing(visit);
	const { me } = visit.roster;
	const lines = linesOf(timeline.events, me);
	const unseen = timeline.isReading ? lines.filter(({ event }) => event.seq > seenSeq.current).length : 0;
	const isEmpty = timeline.isLive && timeline.events.length === 0 && outgoing.messages.length === 0;
	return (
		<>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
			<section class="scroller" ref={scroller} tabIndex={0} aria-label="Messages" onScroll={look}>
				<div class="column">
					<Older timeline={timeline} onAsk={() => void timeline.loadOlder(visit.room)} />
					{isEmpty && <Welcome />}
					{/* Only news is read out, not what is caught up on or loaded from before. */}
					<ol
						class="lines"
						role="log"
						aria-label="Messages"
						aria-live={timeline.isLive && timeline.older !== "loading" ? "polite" : "off"}
					>
						{lines.map((line) => (
							<Line key={line.event.seq} {...line} />
						))}
					</ol>
					<OutgoingLines visit={visit} opens={lines.at(-1)?.isMine !== true} />
				</div>
			</section>
			{timeline.isReading && (
				<ToNewest
					unseen={unseen}
					onClick={() => {
						timeline.setReading(false);
						toBottom();
					}}
				/>
			)}
		</>
	);
}

/** Its size changes where the composer grows, a keyboard comes up, a window changes. */
function useResize(of: RefObject<HTMLElement | null>, onResize: () => void): void {
	useLayoutEffect(() => {
		if (of.current === null) return;
		const observer = new ResizeObserver(onResize);
		observer.observe(of.current);
		return () => observer.disconnect();
	}, []);
}

function ToNewest({ unseen, onClick }: { unseen: number; onClick: () => void }) {
	return (
		<button type="button" class={`to-newest${unseen > 0 ? " primary" : ""}`} onClick={onClick}>
			{unseen === 0 ? "To the newest" : unseen === 1 ? "1 new message" : `${unseen} new messages`} ↓
		</button>
	);
}

function Welcome() {
	return (
		<div class="empty">
			<p>Nobody has said anything here yet.</p>
			<p>Say something, or open this room in a second window.</p>
		</div>
	);
}
