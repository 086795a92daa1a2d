/** A client as a page has it, and everything that it saw: by this the verdict is found. */
import { joinRoom, type Room } from "../../../src/client/index.ts";
import type { Event, JobNotice } from "../../../src/protocol/messages.ts";
import { Absences } from "./absences.ts";
import type { Ledger } from "./ledger.ts";

/** A member that one witness saw before, and then no more. */
export interface Departure {
	member: string;
	at: number;
}

export class Witness {
	readonly name: string;
	readonly room: Room;
	readonly absences = new Absences();
	readonly departures: Departure[] = [];
	/** The first and the last place that it heard of; between them it missed nothing, or that is among its complaints. */
	first: number | null = null;
	last: number | null = null;
	duplicates = 0;
	outOfOrder = 0;
	resets = 0;
	/** How often its socket was lost, and how often of those before it was ever told who it is. */
	drops = 0;
	unwelcomedDrops = 0;
	/** Who it was told that it is. */
	readonly identities = new Set<string>();
	/** What came of each job, as often as it was told something new. */
	readonly outcomes = new Map<string, Set<string>>();
	readonly #ledger: Ledger;
	#known = new Set<string>();

	constructor(url: string, name: string, ledger: Ledger) {
		this.name = name;
		this.#ledger = ledger;
		this.room = joinRoom(url, { name });
		let attempts = 0;
		this.room.on("state", ({ kind }) => {
			// An attempt that hung when the network was back is begun anew: its welcome may be on its way.
			if (kind === "connecting" && ++attempts > 1 && this.identities.size === 0) this.unwelcomedDrops++;
			if (kind !== "connecting") attempts = 0;
			if (kind !== "waiting") return;
			this.drops++;
			if (this.identities.size === 0) this.unwelcomedDrops++;
			this.absences.left(Date.now());
		});
		this.room.on("welcome", ({ continuity, me }) => {
			this.identities.add(me.id);
			this.absences.returned(Date.now());
			if (continuity !== "reset") return;
			this.resets++;
			this.last = null;
		});
		this.room.on("event", (event) => this.#hear(event));
		this.room.on("presence", ({ members }) => this.#look(members.keys()));
		this.room.on("job", (notice) => this.#learn(notice));
	}

	get isLive(): boolean {
		return this.room.state.kind === "live";
	}

	get id(): string {
		return this.room.me?.id ?? "";
	}

	/** Everyone whom it sees here now. */
	get sees(): ReadonlySet<string> {
		return this.#known;
	}

	leave(): void {
		this.room.leave();
		this.absences.left(Date.now());
	}

	#hear(event: Event): void {
		this.#ledger.hear(event, this.name);
		const { last } = this;
		this.first ??= event.seq;
		if (last !== null && event.seq <= last) this.duplicates++;
		else if (last !== null && event.seq > last + 1) this.outOfOrder++;
		this.last = Math.max(last ?? 0, event.seq);
	}

	#look(members: Iterable<string>): void {
		const now = new Set(members);
		for (const member of this.#known) if (!now.has(member)) this.departures.push({ member, at: Date.now() });
		this.#known = now;
	}

	#learn({ job, state, result, error }: JobNotice): void {
		if (state !== "done" && state !== "failed") return;
		const told = this.outcomes.get(job) ?? new Set();
		this.outcomes.set(job, told.add(JSON.stringify([state, result, error])));
	}
}
