/** One event, as a line of the timeline. */
import { ErrorBoundary, memo } from "hono/jsx/dom";
import type { Event } from "../../protocol/messages.ts";
import { Byline } from "./byline.tsx";
import { dayNameOf, fullTimeOf, timeOf } from "./calendar.ts";
import { CardView } from "./card-view.tsx";
import { textOf } from "./chat.ts";
import { Prose } from "./prose.tsx";

const DATA_CHARS_SHOWN = 160;

export interface LineProps {
	event: Event;
	/** The event that puts a card under this one. */
	card: Event | null;
	/** The day that begins here. */
	day: number | null;
	/** True where the author changes, or some time has passed. */
	opens: boolean;
	isMine: boolean;
}

/** What cannot be drawn is shown as it was said, and the lines around it stand. */
export const Line = memo((props: LineProps) => (
	<li
		class={`line${props.opens ? " opens" : ""}${props.isMine ? " mine" : ""}`}
		data-seq={String(props.event.seq)}
		aria-posinset={props.event.seq}
		// Of how many is never known: the room goes on.
		aria-setsize={-1}
	>
		<ErrorBoundary fallback={<Bare event={props.event} />}>
			<Drawn {...props} />
		</ErrorBoundary>
	</li>
));

function Drawn({ event, card, day, opens, isMine }: LineProps) {
	return (
		<>
			{day !== null && (
				<p class="day">
					<span>{dayNameOf(day)}</span>
				</p>
			)}
			{opens && (
				<Byline member={event.from} name={event.author} isMine={isMine}>
					<Time at={event.at} />
				</Byline>
			)}
			<Content event={event} />
			{card !== null && event.redacted !== true && <CardView event={card} />}
		</>
	);
}

function Bare({ event }: { event: Event }) {
	return (
		<p class="text" dir="auto">
			{textOf(event) ?? event.name}
		</p>
	);
}

function Time({ at }: { at: number }) {
	return (
		<time dateTime={new Date(at).toISOString()} title={fullTimeOf(at)}>
			{timeOf(at)}
		</time>
	);
}

function Content({ event }: { event: Event }) {
	if (event.redacted === true) return <p class="text removed">This was removed.</p>;
	const text = textOf(event);
	if (text !== null) {
		return (
			<p class="text" dir="auto" title={fullTimeOf(event.at)}>
				<Prose text={text} />
			</p>
		);
	}
	return (
		<p class="other" title={fullTimeOf(event.at)}>
			<bdi>{event.author}</bdi> <b dir="auto">{event.name}</b> <code dir="auto">{shortened(event.data)}</code>
		</p>
	);
}

function shortened(data: unknown): string {
	const json = JSON.stringify(data);
	return json.length > DATA_CHARS_SHOWN ? `${json.slice(0, DATA_CHARS_SHOWN).toWellFormed()}…` : json;
}
