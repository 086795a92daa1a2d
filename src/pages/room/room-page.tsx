/** The room: its name and state above, who is here beside, what is said between. */
import { useState } from "hono/jsx/dom";
import { prefix } from "../room-name.ts";
import { useStore } from "../store.ts";
import { Banner } from "./banner.tsx";
import { Composer } from "./composer.tsx";
import { CopyLink } from "./copy-link.tsx";
import { OfferBanner } from "./offer-banner.tsx";
import { usePanel } from "./panel.ts";
import { Refused } from "./refused.tsx";
import { RosterPanel } from "./roster-panel.tsx";
import { Stage } from "./stage.tsx";
import { StatusLine } from "./status-line.tsx";
import type { Visit } from "./visit.ts";

const MARK = new URL("../mark.svg", import.meta.url).href;

const PANEL = { panel: "roster", title: "roster-title", opener: "people", besideQuery: "(min-width: 52.01rem)" };

export function RoomPage({ visit, room }: { visit: Visit; room: string }) {
	const [isRosterOpen, setRosterOpen] = useState(false);
	const { state, hasJoined } = useStore(visit.status);
	const closeRoster = (): void => setRosterOpen(false);
	usePanel(PANEL, isRosterOpen, closeRoster);
	// Who was in reads on; who never was sees why.
	const isOut = state.kind === "stopped" && !hasJoined;
	return (
		<div class={isOut ? "room out" : "room"}>
			<header class="top" inert={isRosterOpen}>
				<a class="home" href={`${prefix}/`} aria-label="Rotunda, the first page">
					<img src={MARK} alt="" width="30" height="30" />
				</a>
				<div class="title">
					<h1>{room}</h1>
					<StatusLine status={visit.status} />
				</div>
				<CopyLink />
				{!isOut && (
					<button
						type="button"
						id="people"
						class="people"
						aria-expanded={isRosterOpen ? "true" : "false"}
						aria-controls="roster"
						onClick={() => setRosterOpen(!isRosterOpen)}
					>
						<Count visit={visit} />
					</button>
				)}
			</header>
			<main class="hall" inert={isRosterOpen}>
				<OfferBanner visit={visit} />
				{isOut ? (
					<Refused visit={visit} />
				) : (
					<>
						<Banner visit={visit} />
						<Stage visit={visit} />
						<Composer visit={visit} />
					</>
				)}
			</main>
			{!isOut && <RosterPanel visit={visit} isOpen={isRosterOpen} onClose={closeRoster} />}
			{isRosterOpen && <div class="scrim" aria-hidden="true" onClick={closeRoster} />}
		</div>
	);
}

function Count({ visit }: { visit: Visit }) {
	const { count } = useStore(visit.roster);
	const { isInTouch } = useStore(visit.status);
	return (
		<>
			<span class={isInTouch ? "figure" : "figure stale"} aria-hidden="true" />
			{count} <span class="wide">here</span>
		</>
	);
}
