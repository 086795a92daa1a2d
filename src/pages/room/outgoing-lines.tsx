/** One's own messages until they are in the history, and those that were refused. */
import { ErrorBoundary } from "hono/jsx/dom";
import { useStore } from "../store.ts";
import { Byline } from "./byline.tsx";
import type { OutgoingMessage } from "./outgoing.ts";
import { Prose } from "./prose.tsx";
import type { Visit } from "./visit.ts";

export function OutgoingLines({ visit, opens }: { visit: Visit; opens: boolean }) {
	const { messages } = useStore(visit.outgoing);
	useStore(visit.status);
	const { me } = visit.roster;
	if (messages.length === 0) return null;
	return (
		<ul class="outgoing" aria-label="Your messages that have not arrived yet">
			{messages.map((message, index) => (
				<li key={message.key} class={`line ${message.fate.kind}${opens && index === 0 ? " opens" : ""}`}>
					{opens && index === 0 && me !== null && <Byline member={me} name={visit.roster.nameOf(me)} isMine />}
					<p class="text" dir="auto">
						<ErrorBoundary fallback={message.text}>
							<Prose text={message.text} />
						</ErrorBoundary>
					</p>
					<FateLine visit={visit} message={message} />
				</li>
			))}
		</ul>
	);
}

function FateLine({ visit, message: { key, fate } }: { visit: Visit; message: OutgoingMessage }) {
	const { state } = visit.status;
	switch (fate.kind) {
		case "sending":
			return <p class="fate">{state.kind === "live" ? "Sending…" : "Kept until the connection is back"}</p>;
		case "held":
			return (
				<p class="fate" role="status">
					<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
						<circle cx="8" cy="8" r="6.2" />
						<path d="M8 4.6V8l2.2 1.6" />
					</svg>
					Waiting for a check. Only you see it until then.
				</p>
			);
		case "refused":
			return (
				<p class="fate wrong" role="alert">
					<span dir="auto">Not sent: {fate.reason}</span>{" "}
					{state.kind !== "stopped" && (
						<button type="button" class="plain" onClick={() => visit.outgoing.retry(visit.room, key)}>
							Try again
						</button>
					)}
					<button type="button" class="plain" onClick={() => visit.outgoing.discard(key)}>
						Discard
					</button>
				</p>
			);
	}
}
