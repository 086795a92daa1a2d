/** What the server holds in the end: the history, the archive, and the jobs that are still on their way. */
import type { Event } from "../../../src/protocol/messages.ts";
import { Operator } from "../../support/operator.ts";
import { until } from "../../support/until.ts";

export interface Archived {
	seq: number;
	epoch: string;
	at: number;
	from: string;
	author: string;
	name: string;
	/** As JSON. */
	data: string;
}

export interface Evidence {
	epoch: string;
	history: Event[];
	/** Null where the Worker under test has no archive. */
	archive: Archived[] | null;
	/** Jobs without an outcome. */
	openJobs: string[];
}

/** After a hundred kills the queue and the archive are far behind. */
export const SETTLED_MS_MAX = 240_000;

/** The whole history, by pages. */
export async function readHistory(url: string, room: string): Promise<{ epoch: string; events: Event[] }> {
	const events: Event[] = [];
	for (;;) {
		const answer = await fetch(`${url}/rooms/${room}/events?after=${events.at(-1)?.seq ?? 0}&limit=200`, {
			headers: { Authorization: "Bearer an-operator-key" },
		});
		if (!answer.ok) throw new Error(`The history was not told: ${await answer.text()}`);
		const page = (await answer.json()) as { epoch: string; events: Event[]; more: boolean };
		events.push(...page.events);
		if (!page.more) return { epoch: page.epoch, events };
	}
}

/** Reads on where it has come to: a range is archived after the one before. */
async function readOn(url: string, room: string, rows: Archived[]): Promise<void> {
	for (;;) {
		const answer = await fetch(`${url}/probe/${room}/archive?after=${rows.at(-1)?.seq ?? 0}`);
		const page = (await answer.json()) as Archived[];
		if (page.length === 0) return;
		rows.push(...page);
	}
}

/** Waits until no job is on its way and the archive, where there is one, has heard of the last event, and reads everything. */
export async function gather(url: string, room: string, hasArchive: boolean): Promise<Evidence> {
	const operator = new Operator(url, "an-operator-key");
	await operator.settled(room, SETTLED_MS_MAX);
	const { epoch, events } = await readHistory(url, room);
	const archive = hasArchive ? await gatherArchive(url, room, events.length) : null;
	const open = [...(await operator.jobs(room, "waiting")), ...(await operator.jobs(room, "sent"))];
	return { epoch, history: events, archive, openJobs: open.map(({ job }) => job) };
}

async function gatherArchive(url: string, room: string, head: number): Promise<Archived[]> {
	const operator = new Operator(url, "an-operator-key");
	const archive: Archived[] = [];
	await until(
		async () => {
			// A range that failed for good while its consumer was down is the operator's to try again.
			for (const { job, name } of await operator.jobs(room, "failed"))
				if (name === "archive") await operator.replay(room, job);
			await readOn(url, room, archive);
			return archive.length >= head;
		},
		"the archive has everything",
		() => `It has ${archive.length} of ${head}.`,
		SETTLED_MS_MAX,
	);
	return archive;
}
