/** The room: its name and state above, who is here beside, what is said between. */
import { useLayoutEffect, useRef, useState } from "hono/jsx/dom";
import { prefix } from "../room-name.ts";
import { useStore } from "../store.ts";
import { Banner } from "./banner.tsx";
import { Composer } from "./composer.tsx";
import { CopyLink } from "./copy-link.tsx";
import { OfferBanner } from "./offer-banner.tsx";
import { RosterPanel } from "./roster-panel.tsx";
import { Stage } from "./stage.tsx";
import { StatusLine } from "./status-line.tsx";
import type { Visit } from "./visit.ts";

const MARK = new URL("../mark.svg", import.meta.url).href;

export function RoomPage({ visit, room }: { visit: Visit; room: string }) {
	const [isRosterOpen, setRosterOpen] = useState(false);
	const toggle = useRef<HTMLButtonElement>(null);
	const closeRoster = (): void => {
		setRosterOpen(false);
		toggle.current?.focus();
	};
	useLayoutEffect(() => {
		if (!isRosterOpen) return;
		const onKey = ({ key }: KeyboardEvent): void => {
			if (key === "Escape") closeRoster();
		};
		document.addEventListener("keydown", onKey);
		return () => document.removeEventListener("keydown", onKey);
	}, [isRosterOpen]);
	return (
		<div class="room">
			<header class="top">
				<a class="home" href={`${prefix}/`} aria-label="Rotunda, the first page">
					<img src={MARK} alt="" width="30" height="30" />
				</a>
				<div class="title">
					<h1>{room}</h1>
					<StatusLine status={visit.status} />
				</div>
				<CopyLink />
				<button
					type="button"
					class="people"
					ref={toggle}
					aria-expanded={isRosterOpen ? "true" : "false"}
					aria-controls="roster"
					onClick={() => {
						setRosterOpen(!isRosterOpen);
						if (!isRosterOpen) requestAnimationFrame(() => document.getElementById("roster-title")?.focus());
					}}
				>
					<Count visit={visit} />
				</button>
			</header>
			<main class="hall">
				<OfferBanner visit={visit} />
				<Banner visit={visit} />
				<Stage visit={visit} />
				<Composer visit={visit} />
			</main>
			<RosterPanel visit={visit} isOpen={isRosterOpen} onClose={closeRoster} />
			{isRosterOpen && <div class="scrim" aria-hidden="true" onClick={closeRoster} />}
		</div>
	);
}

function Count({ visit }: { visit: Visit }) {
	const { count } = useStore(visit.roster);
	return (
		<>
			<span class="figure" aria-hidden="true" />
			{count} <span class="wide">here</span>
		</>
	);
}
