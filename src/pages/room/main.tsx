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

const page = document.getElementById("page");
const room = roomInAddress();
const complaint = complaintAbout(room);

if (page !== null && complaint !== null) {
	render(<NoRoom complaint={complaint} />, page);
} else if (page !== null) {
	document.title = `${room} · Rotunda`;
	const visit = new Visit(`${prefix}/rooms/${room}`, keptName(), tokenAtStart);
	render(<RoomPage visit={visit} room={room} />, page);
	// A link with a token, opened in this same tab, changes the fragment and nothing else.
	addEventListener("hashchange", () => {
		const token = takeToken();
		if (token !== undefined) visit.presentToken(token);
	});
}
