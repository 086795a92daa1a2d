/** All that a room's store holds, read through the port: equal for every store that holds the same. */
import type { JobHead, JobRow, RangeRow } from "../../src/room/jobs.ts";
import type { KnownKey, PublishKey } from "../../src/room/known-keys.ts";
import type { Entry, StateRow } from "../../src/room/state-store.ts";
import type {
	DeadlineRow,
	ErasureRow,
	EventSize,
	Meta,
	RoomStore,
	RosterRow,
	SanctionRow,
	StoredEvent,
} from "../../src/room/store.ts";

const ALL = 1_000_000;

export interface Stored {
	meta: Meta | null;
	roster: RosterRow[];
	events: StoredEvent[];
	sizes: EventSize[];
	/** Those of the asked keys that are known. */
	keys: KnownKey[];
	jobs: JobRow[];
	jobsInHand: JobHead[];
	/** The same jobs, as their asks find them. */
	asks: JobHead[];
	oldestSettledJob: number | null;
	ranges: RangeRow[];
	sanctions: SanctionRow[];
	erasures: ErasureRow[];
	deadlines: DeadlineRow[];
	state: StateRow | null;
	/** Drops that are remembered among them. */
	entries: Entry[];
	/** By event, what jobs made of it. */
	abouts: [number, number[]][];
}

/** `keys` are all that were ever used: a store tells of those that it is asked about. */
export function storedIn(store: RoomStore, keys: readonly PublishKey[]): Stored {
	const events = store.after(0, ALL);
	const jobs = store.jobs(null, ALL, ALL).flatMap(({ n }) => store.job(n) ?? []);
	const asks = jobs.flatMap(({ member, ask, purpose }) =>
		member === null || ask === null ? [] : [{ member, ask, purpose }],
	);
	return {
		meta: store.meta(),
		roster: store.roster(),
		events,
		sizes: store.sizesAfter(0, ALL),
		keys: store.findKeys(keys).toSorted((a, b) => a.seq - b.seq),
		jobs,
		jobsInHand: store.jobsInHand(),
		asks: store.findAsks(asks).toSorted((a, b) => b.n - a.n),
		oldestSettledJob: store.oldestSettledJob(),
		ranges: store.ranges().toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
		sanctions: store.sanctions(),
		erasures: store.erasures(),
		deadlines: store
			.deadlines()
			.map((head) => ({ ...head, data: store.deadlineData(head.name) ?? "" }))
			.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
		state: store.state(),
		entries: store.pieceOf({ after: 0, through: ALL, dropsAfter: 0, owner: null }, ALL, ALL).entries,
		abouts: events.map(({ seq }) => [seq, store.seqsAbout(seq)]),
	};
}
