/** A room as components share it: joined when somebody needs it, left when nobody does, and what each of them shows as it last was. */
import { joinRoom } from "../client/index.ts";
import type { ConnectionState, Entry, JoinOptions, Room } from "../client/room.ts";
import type { Event, Member, Welcome } from "../protocol/messages.ts";
import { ROOM_REDACTED } from "../protocol/room-events.ts";
import { HeldEntries } from "./held-entries.ts";
import { Listeners } from "./listeners.ts";

/** What was rendered on a server: the page goes on behind it, without a gap or a double. */
export interface Rendered {
	/** Ascending, and up to the cursor. */
	events: readonly Event[];
	/** `{epoch}.{seq}`: of the newest of them, or of the room's head. */
	cursor: string;
	/** The entries that it shows, each until the room has told what it is. */
	entries?: readonly Entry[];
}

/** What components read, each with its own listeners: one who shows the members hears nothing of events. */
export interface Shown {
	state: ConnectionState;
	/** Oneself; null before the first welcome. */
	me: Welcome["me"] | null;
	here: Here;
	events: Listed;
	/** One's own presence state. */
	own: unknown;
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
	readonly #shown: Shown;
	/** What it was when it was made: what a server rendered. */
	readonly #rendered: Shown;
	/** False for one that somebody else has joined, and leaves. */
	readonly #isOwn: boolean;
	readonly #listeners = new Map<keyof Shown, Listeners>();
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
		this.#shown = {
			state: { kind: "connecting" },
			me: null,
			here: { members: new Map(), count: 0 },
			events: { events: rendered?.events ?? [], hasOlder: (rendered?.events[0]?.seq ?? 1) > 1 },
			own: null,
		};
		this.#rendered = { ...this.#shown };
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

	/** What is shown of `part` now; the same object until that changes. */
	shown<K extends keyof Shown>(part: K): Shown[K] {
		return this.#shown[part];
	}

	/** The same as a server rendered it. */
	rendered<K extends keyof Shown>(part: K): Shown[K] {
		return this.#rendered[part];
	}

	/** Listens to changes of `part`; the same function each time. */
	subscriber(part: keyof Shown): Listeners["subscribe"] {
		return this.#listenersTo(part).subscribe;
	}

	#listenersTo(part: keyof Shown): Listeners {
		let listeners = this.#listeners.get(part);
		if (listeners === undefined) {
			listeners = new Listeners();
			this.#listeners.set(part, listeners);
		}
		return listeners;
	}

	#show<K extends keyof Shown>(part: K, value: Shown[K]): void {
		this.#shown[part] = value;
		this.#listeners.get(part)?.tell();
	}

	setOwn(state: unknown): void {
		this.room.setPresence(state);
		this.#show("own", state);
	}

	/** Asks for the page before the oldest that is held. Resolves to true where there are older ones still. */
	async older(): Promise<boolean> {
		const { events, hasOlder } = this.#shown.events;
		const first = events[0]?.seq;
		if (!hasOlder || first === undefined || events.length >= this.#eventsMax) return false;
		const page = await this.room.history({ before: first });
		const { events: now } = this.#shown.events;
		// The history may have begun anew meanwhile.
		if (now[0]?.seq !== first) return this.#shown.events.hasOlder;
		const all = [...page.events, ...now].slice(-this.#eventsMax);
		this.#show("events", { events: all, hasOlder: page.more });
		return page.more;
	}

	#listen(room: Room): void {
		this.entries.listen(room);
		room.on("state", (state) => this.#show("state", state));
		room.on("presence", (here) => this.#show("here", here));
		room.on("event", (event) => this.#add(event));
		room.on("access", () => this.#show("me", room.me));
		room.on("welcome", (welcome) => {
			this.#show("me", welcome.me);
			const isFirst = this.#shown.own === null;
			if (isFirst && welcome.me.state !== null) this.#show("own", welcome.me.state);
			if (welcome.continuity !== "resumed") this.#show("events", { events: [], hasOlder: false });
		});
		room.on("caught-up", () => this.#look());
		if (room.me !== null) {
			this.#show("me", room.me);
			this.#show("here", { members: room.members, count: room.count });
		}
		this.#show("state", room.state);
	}

	/** Whether there are older ones is known once all that was missed has come. */
	#look(): void {
		const { events, hasOlder } = this.#shown.events;
		const isCut = (events[0]?.seq ?? 1) > 1;
		if (isCut !== hasOlder) this.#show("events", { events, hasOlder: isCut });
	}

	#add(event: Event): void {
		const { events, hasOlder } = this.#shown.events;
		if (event.seq <= (events.at(-1)?.seq ?? 0)) return;
		const taken = event.name === ROOM_REDACTED ? (event.data as { seq: number }).seq : null;
		const kept =
			taken === null
				? events
				: events.map((each) => (each.seq === taken ? { ...each, data: null, redacted: true as const } : each));
		const isFull = kept.length >= this.#eventsMax;
		this.#show("events", {
			events: [...(isFull ? kept.slice(1 - this.#eventsMax) : kept), event],
			hasOlder: hasOlder || isFull,
		});
	}
}
