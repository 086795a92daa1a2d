/** What the archive holds when each of its tables has a row of each kind. */
import { env } from "cloudflare:workers";
import { archive } from "../../../src/jobs/archive/archive.ts";
import { keepDeadLetter } from "../../../src/jobs/archive/dead-letters.ts";
import type { JobContext, Range } from "../../../src/jobs/kind.ts";
import type { Event } from "../../../src/protocol/messages.ts";

const T0 = 1_800_000_000_000;

export function event(seq: number, more: Partial<Event> = {}): Event {
	const data = { text: `word${seq}` };
	return { type: "event", seq, at: T0 + seq, from: "ann", author: "Ann", id: `p${seq}`, name: "chat", data, ...more };
}

export function archiveRange(
	events: Event[],
	more: Partial<Range> = {},
	room = "lobby",
	epoch = "e2",
): Promise<unknown> {
	const [from, to] = [events[0]?.seq ?? 1, events.at(-1)?.seq ?? 0];
	const range = { from, to, events, head: to, count: 2, asOf: T0 + to, wiped: [], erased: [], ...more };
	return archive.run(range, { env, room, epoch, job: `${epoch}-1`, run: 1 } as JobContext);
}

export async function keepArchive(): Promise<void> {
	await archiveRange([event(1), event(2)], {}, "lobby", "e1");
	await archiveRange(
		[
			event(1, { data: { text: "Cafés of\n\nthe north 🎈 it's" } }),
			event(2, { from: "bob", author: "Bob", name: "note", data: [1, null, { deep: "blue" }] }),
			event(3, { data: "rude words" }),
			event(4, { from: "eve", author: "Eve", data: "of one that will be erased" }),
		],
		{ wiped: ["e1"] },
	);
	await archiveRange(
		[event(5, { from: "room:events", author: "Room", name: "room.redacted", data: { seq: 3, by: "mod" } })],
		{ erased: ["eve"] },
	);
	await archiveRange([event(1, { data: "in another room" })], { count: 0 }, "other", "e9");
	await keepDeadLetter(env.ARCHIVE, "rotunda-jobs", '"what nobody understands"', "It could not be read.");
}
