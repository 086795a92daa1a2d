// First: until it has run, a token may stand in the address bar.
import "./token.ts";
import { render } from "hono/jsx/dom";
import { keptName } from "../display-name.ts";
import { complaintAbout, prefix } from "../room-name.ts";
import { NoRoom } from "./no-room.tsx";
import { RoomPage } from "./room-page.tsx";
import { takeToken, tokenAtStart } from "./token.ts";
import { Visit } from "./visit.ts";

/** The room's name as the address has it, even where it is no room's name. */
function roomInAddress(): string {
	const name = location.pathname.slice(prefix.length).replace(/^\/rooms\/|\/$/g, "");
	try {
		return decodeURIComponent(name);
	} catch {
		return name;
	}
}

/** True where this tab was in the room at that path as a guest, whom the client keeps in the tab's storage. */
function wasHere(path: string): boolean {
	try {
		return sessionStorage.getItem(`rotunda ${location.host}${path}`) !== null;
	} catch {
		return false;
	}
}

const page = document.getElementById("page");
const room = roomInAddress();
const complaint = complaintAbout(room);

if (page !== null && complaint !== null) {
	render(<NoRoom complaint={complaint} />, page);
} else if (page !== null) {
	document.title = `${room} · Rotunda`;
	const isGuest = wasHere(`${prefix}/rooms/${room}`);
	const visit = new Visit(`${prefix}/rooms/${room}`, keptName(), isGuest ? undefined : tokenAtStart);
	render(<RoomPage visit={visit} room={room} />, page);
	if (isGuest && tokenAtStart !== undefined) visit.offerToken(tokenAtStart);
	// A link with a token, opened in this same tab, changes the fragment and nothing else.
	addEventListener("hashchange", () => {
		const token = takeToken();
		if (token !== undefined) visit.offerToken(token);
	});
}
