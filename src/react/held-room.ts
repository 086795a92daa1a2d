/** A room as components share it: joined when somebody needs it, left when nobody does, and what each of them shows as it last was. */
import { joinRoom } from "../client/index.ts";
import type { ConnectionState, Entry, JoinOptions, Room } from "../client/room.ts";
import { ROOM_REDACTED } from "../protocol/ids.ts";
import type { Event, Member, Welcome } from "../protocol/messages.ts";
import { HeldEntries } from "./held-entries.ts";
import { Part } from "./part.ts";

/** What was rendered on a server: the page goes on behind it, without a gap or a double. */
export interface Rendered {
	/** Ascending, and up to the cursor. */
	events: readonly Event[];
	/** `{epoch}.{seq}`: of the newest of them, or of the room's head. */
	cursor: string;
	/** The entries that it shows, each until the room has told what it is. */
	entries?: readonly Entry[];
}

export interface Here {
	/** By id: in a room of more than 200, a sample. */
	members: ReadonlyMap<string, Member>;
	count: number;
}

export interface Listed {
	/** Ascending by seq, the newest that are held. */
	events: readonly Event[];
	/** True where the room has older ones that may still be asked for. */
	hasOlder: boolean;
}

/** How long a room is kept that no component holds: an unmount may be followed by a mount, as StrictMode's is. */
const KEPT_MS = 250;

export interface HeldOptions extends JoinOptions {
	/** Events that are held at most; 1,000 where it is not said. Beyond it the oldest are let go. */
	eventsMax?: number;
	rendered?: Rendered;
}

export class HeldRoom {
	readonly #join: () => Room;
	readonly #eventsMax: number;
	/** False for one that somebody else has joined, and leaves. */
	readonly #isOwn: boolean;
	readonly state = new Part<ConnectionState>({ kind: "connecting" });
	/** Oneself; null before the first welcome. */
	readonly me = new Part<Welcome["me"] | null>(null);
	readonly here = new Part<Here>({ members: new Map(), count: 0 });
	readonly events: Part<Listed>;
	/** One's own presence state. */
	readonly own = new Part<unknown>(null);
	readonly entries: HeldEntries;
	#room: Room | null = null;
	#holders = 0;
	#leaving: ReturnType<typeof setTimeout> | undefined;

	/** @param from the URL of a room, or one that somebody else has joined, and leaves. Nothing happens until it is held. */
	constructor(from: string | URL | Room, { eventsMax = 1_000, rendered, ...options }: HeldOptions) {
		this.#eventsMax = eventsMax;
		const isUrl = typeof from === "string" || from instanceof URL;
		const since = rendered === undefined ? {} : { since: rendered.cursor };
		this.#join = () => (isUrl ? joinRoom(from, { ...since, ...options }) : from);
		this.#isOwn = isUrl;
		this.entries = new HeldEntries(rendered?.entries ?? []);
		const events = rendered?.events ?? [];
		this.events = new Part<Listed>({ events, hasOlder: isCut(events) });
	}

	/** The room: joined now where it was not yet. Never while rendering. */
	get room(): Room {
		if (this.#room === null) {
			this.#room = this.#join();
			this.#listen(this.#room);
			this.#leaveIfUnheld();
		}
		return this.#room;
	}

	/** Keeps the room until the function that it gives is called. */
	hold(): () => void {
		this.#holders++;
		clearTimeout(this.#leaving);
		this.room;
		return () => {
			this.#holders--;
			this.#leaveIfUnheld();
		};
	}

	#leaveIfUnheld(): void {
		clearTimeout(this.#leaving);
		if (this.#holders > 0 || !this.#isOwn) return;
		this.#leaving = setTimeout(() => {
			this.#room?.leave();
			this.#room = null;
		}, KEPT_MS);
	}

	readonly setOwn = (state: unknown): void => {
		this.room.setPresence(state);
		this.own.show(state);
	};

	/** Asks for the page before the oldest that is held. Resolves to true where there are older ones still. */
	readonly older = async (): Promise<boolean> => {
		const { events, hasOlder } = this.events.value;
		const first = events[0]?.seq;
		if (!hasOlder || first === undefined || events.length >= this.#eventsMax) return false;
		const page = await this.room.history({ before: first });
		const { events: now } = this.events.value;
		// The history may have begun anew meanwhile.
		if (now[0]?.seq !== first) return this.events.value.hasOlder;
		this.events.show({ events: [...page.events, ...now].slice(-this.#eventsMax), hasOlder: page.more });
		return page.more;
	};

	#listen(room: Room): void {
		this.entries.listen(room);
		room.on("state", (state) => this.state.show(state));
		room.on("presence", (here) => this.here.show(here));
		room.on("event", (event) => this.#add(event));
		room.on("access", () => this.me.show(room.me));
		room.on("welcome", ({ me, continuity }) => {
			this.me.show(me);
			if (this.own.value === null && me.state !== null) this.own.show(me.state);
			if (continuity !== "resumed") this.events.show({ events: [], hasOlder: false });
		});
		// Whether there are older ones is known once all that was missed has come.
		room.on("caught-up", () => {
			const { events, hasOlder } = this.events.value;
			if (isCut(events) !== hasOlder) this.events.show({ events, hasOlder: !hasOlder });
		});
		if (room.me !== null) {
			this.me.show(room.me);
			this.here.show({ members: room.members, count: room.count });
		}
		this.state.show(room.state);
	}

	#add(event: Event): void {
		const { events, hasOlder } = this.events.value;
		if (event.seq <= (events.at(-1)?.seq ?? 0)) return;
		const taken = event.name === ROOM_REDACTED ? (event.data as { seq: number }).seq : null;
		const kept =
			taken === null
				? events
				: events.map((each) => (each.seq === taken ? { ...each, data: null, redacted: true as const } : each));
		const isFull = kept.length >= this.#eventsMax;
		this.events.show({
			events: [...(isFull ? kept.slice(1 - this.#eventsMax) : kept), event],
			hasOlder: hasOlder || isFull,
		});
	}
}

/** True where there are events before these. */
function isCut(events: readonly Event[]): boolean {
	return (events[0]?.seq ?? 1) > 1;
}
