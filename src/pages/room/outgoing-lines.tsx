/** One's own messages until they are in the history, and those that were refused. */
import { useStore } from "../store.ts";
import { Byline } from "./byline.tsx";
import type { OutgoingMessage } from "./outgoing.ts";
import { Prose } from "./prose.tsx";
import type { Visit } from "./visit.ts";

export function OutgoingLines({ visit, opens }: { visit: Visit; opens: boolean }) {
	const { messages } = useStore(visit.outgoing);
	const { state } = useStore(visit.status);
	const { me } = visit.roster;
	if (messages.length === 0) return null;
	return (
		<ul class="outgoing" aria-label="Your messages that have not arrived yet">
			{messages.map((message, index) => (
				<li
					key={message.key}
					class={`line ${message.reason === null ? "pending" : "refused"}${opens && index === 0 ? " opens" : ""}`}
				>
					{opens && index === 0 && me !== null && <Byline member={me} name={visit.roster.nameOf(me)} isMine />}
					<p class="text" dir="auto">
						<Prose text={message.text} />
					</p>
					<Fate visit={visit} message={message} isLive={state.kind === "live"} />
				</li>
			))}
		</ul>
	);
}

function Fate({ visit, message, isLive }: { visit: Visit; message: OutgoingMessage; isLive: boolean }) {
	if (message.reason === null) return <p class="fate">{isLive ? "Sending…" : "Kept until the connection is back"}</p>;
	return (
		<p class="fate wrong" role="alert">
			<span dir="auto">Not sent: {message.reason}</span>{" "}
			<button type="button" class="plain" onClick={() => visit.outgoing.retry(visit.room, message.key)}>
				Try again
			</button>
			<button type="button" class="plain" onClick={() => visit.outgoing.discard(message.key)}>
				Discard
			</button>
		</p>
	);
}
