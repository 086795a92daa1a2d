/** `joinRoom`: the browser's and Node's door to a room. */

import type { Typed } from "../protocol/app-types.ts";
import { ROOM_NAME } from "../protocol/ids.ts";
import { JoinedRoom } from "./joined-room.ts";
import type { JoinOptions, Room } from "./room.ts";

export type {
	ConnectionState,
	Entry,
	HistoryPage,
	JoinOptions,
	LeaveSignal,
	Prediction,
	PublishOptions,
	Reason,
	Room,
	RoomEvents,
	SetOptions,
	SocketClass,
	Token,
} from "./room.ts";
export { RoomError } from "./room-error.ts";

/**
 * Joins a room and stays in it: reconnects, resumes where it was, sends again what was not answered.
 * With `joinRoom<typeof app>` the compiler checks names and data by what your app says: `import type { app }`.
 * @param url the room's URL, `https://host/rooms/lobby`; in a page it may be relative.
 * @throws TypeError where that can be no room's.
 */
export function joinRoom<A extends Typed = Typed>(
	url: string | { readonly href: string },
	options: JoinOptions = {},
): Room<A> {
	return new JoinedRoom(addressOf(typeof url === "string" ? url : url.href), options) as unknown as Room<A>;
}

/** The room's URL as `http` or `https`, without a query. By its text: not every runtime's `URL` can be changed. */
function addressOf(given: string): string {
	let url = given;
	try {
		url = new URL(given, typeof location === "undefined" ? undefined : location.href).href;
	} catch {
		// Said below.
	}
	const [, rest, room = ""] = /^(?:http|ws)(s?:\/\/[^?#]*\/rooms\/([^/?#]*))\/?(?:[?#]|$)/.exec(url) ?? [];
	if (ROOM_NAME.test(room)) return `http${rest}`;
	throw new TypeError(
		`\`${given}\` is no room's URL: that is https://host/rooms/{room}, of 1 to 128 letters, digits or any of . _ ~ : -`,
	);
}
