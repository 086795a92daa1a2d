/** The directory of rooms, a page at a time. */
import { ROOM_NAME } from "../../protocol/ids.ts";
import { ROOM_MARK_CHARS } from "../../protocol/job-limits.ts";
import { PAGE_EVENTS_MAX } from "../../protocol/limits.ts";
import { directory, type RoomLine } from "./search.ts";

const CURSOR = new RegExp(`^((?:[\\w-]{${ROOM_MARK_CHARS}}){1,${PAGE_EVENTS_MAX}})\\.(.*)$`);

/**
 * A page of the rooms, and the cursor of the next; null where the cursor is none. The first holds those that were
 * last active. Their order changes while it is read, so what follows is in the order of names, without those: the
 * cursor brings their marks along, and each room is listed once, whatever happens meanwhile.
 */
export async function roomsPage(
	db: D1Database,
	limit: number,
	cursor: string | null,
): Promise<{ rooms: RoomLine[]; next?: string } | null> {
	if (cursor === null) {
		const found = await directory(db, limit + 1);
		const rooms = found.slice(0, limit);
		return found.length <= limit ? { rooms } : { rooms, next: `${(await marksOf(rooms)).join("")}.` };
	}
	const [, shown = "", after = ""] = CURSOR.exec(cursor) ?? [];
	if (shown === "" || (after !== "" && !ROOM_NAME.test(after))) return null;
	const marks = new Set(shown.match(new RegExp(`.{${ROOM_MARK_CHARS}}`, "g")));
	const found = await byName(db, after, limit + marks.size + 1);
	const marksOfFound = await marksOf(found);
	const unread = found.filter((_, index) => !marks.has(marksOfFound[index] ?? ""));
	const rooms = unread.slice(0, limit);
	return unread.length <= limit ? { rooms } : { rooms, next: `${shown}.${rooms.at(-1)?.room ?? ""}` };
}

async function byName(db: D1Database, after: string, limit: number): Promise<RoomLine[]> {
	const { results } = await db
		.prepare(`select room, members, head, active_at as "activeAt" from rooms where room > ? order by room limit ?`)
		.bind(after, limit)
		.all<RoomLine>();
	return results;
}

function marksOf(rooms: readonly RoomLine[]): Promise<string[]> {
	return Promise.all(
		rooms.map(async ({ room }) => {
			const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(room)));
			const base64 = btoa(String.fromCharCode(...digest.subarray(0, (ROOM_MARK_CHARS * 3) / 4)));
			return base64.replaceAll("+", "-").replaceAll("/", "_");
		}),
	);
}
