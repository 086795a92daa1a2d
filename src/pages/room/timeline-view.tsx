/** The message area: follows what is new, or keeps still while one reads what is old. */
import { type RefObject, useLayoutEffect, useMemo, useRef } from "hono/jsx/dom";
import { useStore } from "../store.ts";
import { useFollowing } from "./following.ts";
import { Line, type LineProps } from "./line.tsx";
import { Older } from "./older.tsx";
import { OutgoingLines } from "./outgoing-lines.tsx";
import type { Timeline } from "./timeline.ts";
import { linesOf } from "./timeline-lines.ts";
import type { VirtualLines } from "./virtual-lines.ts";
import type { Visit } from "./visit.ts";

export function TimelineView({ visit }: { visit: Visit }) {
	const timeline = useStore(visit.timeline);
	const outgoing = useStore(visit.outgoing);
	const { me } = visit.roster;
	const lines = useMemo(() => linesOf(timeline.events, me), [timeline.version, me]);
	const { places, virtual, toNewest } = useFollowing(visit, lines);
	const isEmpty = timeline.isLive && timeline.events.length === 0 && outgoing.messages.length === 0;
	return (
		// One element: of several, the renderer takes the first out of the page and puts it back, and its scroll position is lost.
		<div class="timeline">
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
			<section class="scroller" ref={places.scroller} tabIndex={0} aria-label="Messages">
				<div class="column">
					<div class="above" ref={places.above}>
						<Older timeline={timeline} onAsk={() => void timeline.loadOlder(visit.room)} />
					</div>
					{isEmpty && <Welcome />}
					<Drawn timeline={timeline} lines={lines} virtual={virtual} list={places.list} />
					<OutgoingLines visit={visit} opens={lines.at(-1)?.isMine !== true} />
					{timeline.newer === "failed" && (
						<p class="older">
							What came next could not be fetched.{" "}
							<button type="button" class="plain" onClick={() => void timeline.loadNewer(visit.room)}>
								Try again
							</button>
						</p>
					)}
				</div>
				{timeline.isReading && (
					<Ways timeline={timeline} onNewest={toNewest} onOldest={() => void timeline.turnToOldest(visit.room)} />
				)}
			</section>
			{/* Once, however many they are. */}
			<p class="unseen" role="status">
				{timeline.isReading && timeline.unseen > 0 ? "New messages have come below." : ""}
			</p>
		</div>
	);
}

interface DrawnProps {
	timeline: Timeline;
	lines: readonly LineProps[];
	virtual: VirtualLines;
	list: RefObject<HTMLElement | null>;
}

/** The lines in sight, where they stand among all. */
function Drawn({ timeline, lines, virtual, list }: DrawnProps) {
	const drawn = virtual.getVirtualItems();
	const first = drawn[0];
	const shift = first === undefined ? 0 : first.start - virtual.options.scrollMargin;
	useKeptFocus(list);
	// Only news is read out: not what is caught up on, loaded, or drawn again because one scrolls.
	const isNews = timeline.isLive && !timeline.isReading && timeline.older !== "loading";
	return (
		<div
			class="log"
			role="log"
			aria-label="Messages"
			aria-live={isNews ? "polite" : "off"}
			style={{ height: `${virtual.getTotalSize()}px` }}
		>
			<ol class="lines" ref={list} style={{ transform: `translateY(${shift}px)` }}>
				{drawn.map(({ index }) => {
					const line = lines[index];
					return line === undefined ? null : <Line key={line.event.seq} {...line} />;
				})}
			</ol>
		</div>
	);
}

/** Whoever was at a link of a line that is drawn no more is at the messages still, and not at the page's beginning. */
function useKeptFocus(list: RefObject<HTMLElement | null>): void {
	const hadFocus = useRef(false);
	useLayoutEffect(() => {
		if (hadFocus.current && document.activeElement === document.body) {
			list.current?.closest<HTMLElement>(".scroller")?.focus({ preventScroll: true });
		}
		const note = (): void => {
			hadFocus.current = list.current?.contains(document.activeElement) === true;
		};
		document.addEventListener("focusin", note);
		return () => document.removeEventListener("focusin", note);
	});
}

/** To either end of the history, from wherever one reads. Within what scrolls, so that a wheel over it scrolls too. */
function Ways({ timeline, onNewest, onOldest }: { timeline: Timeline; onNewest: () => void; onOldest: () => void }) {
	const { unseen, hasOlder } = timeline;
	return (
		<div class="ways">
			<button type="button" class={`to-newest${unseen > 0 ? " primary" : ""}`} onClick={onNewest}>
				{unseen === 0 ? "To the newest" : unseen === 1 ? "1 new message" : `${unseen} new messages`} ↓
			</button>
			{hasOlder && (
				<button
					type="button"
					class="to-oldest"
					aria-label="To the beginning"
					title="To the beginning"
					onClick={onOldest}
				>
					<svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
						<path d="M4.5 3.5h11M10 17V7M5.2 11.5 10 6.7l4.8 4.8" />
					</svg>
				</button>
			)}
		</div>
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
