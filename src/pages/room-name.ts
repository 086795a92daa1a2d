/** A room's name as people type it. */
import { ROOM_NAME } from "../protocol/ids.ts";

const CHARS_MAX = 128;

/** Where the server stands on its host, as this page's address tells: empty, or `/rt`. */
export const prefix = location.pathname.replace(/\/rooms\/[^/]*\/?$|\/$/, "");

/** What is wrong with a room's name, in a sentence; null where nothing is. */
export function complaintAbout(name: string): string | null {
	if (ROOM_NAME.test(name)) return null;
	if (name === "") return "Give the room a name.";
	const odd = /[^A-Za-z0-9._~:-]/u.exec(name)?.[0];
	if (odd !== undefined) {
		const what = /\s/u.test(odd) ? "A space" : `“${odd}”`;
		return `${what} cannot be in a room’s name: it takes the letters A to Z, digits, and . _ ~ : -`;
	}
	if (name.length > CHARS_MAX) return `A room’s name has at most ${CHARS_MAX} characters; this one has ${name.length}.`;
	return "A room’s name begins with a letter or a digit.";
}
