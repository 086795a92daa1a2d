/**
 * One's stay at a room: the room as the client gives it, and the stores that the page shows. A
 * new name or token needs a new session; the stay goes on over both.
 */
import { joinRoom } from "../../client/index.ts";
import type { JoinOptions, Room } from "../../client/room.ts";
import { CLOSE } from "../../protocol/codes.ts";
import { DEFAULTS } from "../../protocol/limits.ts";
import type { JobNotice } from "../../protocol/messages.ts";
import { Cursors } from "./cursors.ts";
import { Offer } from "./offer.ts";
import { Outgoing } from "./outgoing.ts";
import { Permission } from "./permission.ts";
import { Roster } from "./roster.ts";
import { Status } from "./status.ts";
import { Timeline } from "./timeline.ts";
import { Typing } from "./typing.ts";

export class Visit {
	readonly #url: string;
	#name: string | undefined;
	#token: string | undefined;
	#unlisten: (() => void)[] = [];
	room: Room;
	/** Of an event's data, as JSON. */
	eventBytesMax: number = DEFAULTS.EVENT_MAX_BYTES;
	readonly timeline = new Timeline();
	readonly outgoing = new Outgoing();
	readonly roster = new Roster();
	readonly status = new Status();
	readonly permission = new Permission();
	readonly typing = new Typing();
	readonly cursors = new Cursors();
	readonly offer = new Offer();

	constructor(url: string, name: string | undefined, token: string | undefined) {
		this.#url = url;
		this.#name = name;
		this.#token = token;
		this.room = this.#join();
	}

	get isSignedIn(): boolean {
		return this.#token !== undefined;
	}

	/** A token's name is its issuer's to give. */
	get canRename(): boolean {
		return !this.isSignedIn;
	}

	/** True where a signal would reach somebody. */
	get isHeard(): boolean {
		return this.roster.count > 1 && this.status.state.kind === "live" && this.permission.allows("signal");
	}

	rename(name: string | undefined): void {
		this.#name = name;
		this.#rejoin();
	}

	/** A link brought it, and whoever made the link: where one is in, or on the way, one is asked. */
	offerToken(token: string): void {
		if (this.status.state.kind === "stopped") this.presentToken(token);
		else this.offer.make(token);
	}

	presentToken(token: string): void {
		this.#token = token;
		this.#rejoin();
	}

	/** For one who waits, and has reason to think that it works now: the client tries at once where the network is back. */
	tryNow(): void {
		if (this.status.state.kind === "waiting") dispatchEvent(new Event("online"));
	}

	/** For one who was stopped and wants in again. */
	rejoin(): void {
		this.#rejoin();
	}

	/**
	 * The new session takes up the history where the old one is. The old one stays, unheard, until
	 * what it has to publish is answered: the member never leaves, and no message is lost.
	 */
	#rejoin(): void {
		const old = this.room;
		for (const unlisten of this.#unlisten) unlisten();
		this.room = this.#join(old.cursor);
		void this.outgoing.answered(old).then(() => old.leave());
	}

	#join(since: string | null = null): Room {
		const options: JoinOptions = {};
		if (this.#name !== undefined) options.name = this.#name;
		if (this.#token !== undefined) options.token = this.#token;
		if (since !== null) options.since = since;
		const room = joinRoom(this.#url, options);
		this.status.begin(room.state);
		this.#unlisten = [
			room.on("state", (state) => {
				this.status.changeTo(state);
				if (state.kind !== "live") this.timeline.pause();
				if (state.kind === "stopped" && state.code === CLOSE.wiped) this.timeline.wipe();
				if (state.kind === "waiting" || state.kind === "stopped") this.#forgetSignals();
			}),
			room.on("welcome", (welcome) => {
				this.eventBytesMax = welcome.limits.eventBytes;
				this.timeline.welcome(welcome);
				this.outgoing.welcome(welcome);
				this.roster.welcome(welcome.me.id);
				this.permission.welcome(welcome.me);
			}),
			room.on("access", (access) => this.permission.told(access)),
			room.on("job", (notice) => this.#noteLate(notice)),
			room.on("event", (event) => {
				this.timeline.add(event);
				this.outgoing.reached(event.seq);
				this.typing.hush(event.from);
			}),
			room.on("caught-up", () => this.timeline.goLive()),
			room.on("presence", ({ count, members }) => {
				this.roster.told(count, members);
				this.cursors.rename(members);
				// In a large room only a sample is known: those who are not in it may be here all the same.
				if (members.size < count) return;
				this.cursors.keep(members);
				this.typing.keep(members);
			}),
			room.on("signal", (signal) => {
				if (signal.from === room.me?.id) return;
				if (signal.name === "typing") this.typing.hear(signal);
				if (signal.name === "cursor") this.cursors.hear(signal);
			}),
			room.on("error", (refusal) => this.status.refused(refusal)),
		];
		return room;
	}

	/** A message from before this page was loaded, whose check came to no good: there is no line to say it beside. */
	#noteLate({ id, state, error }: JobNotice): void {
		if (state !== "failed" || error?.code !== "rejected" || this.outgoing.has(id)) return;
		this.status.note(`An earlier message of yours was not published. ${error.message}`);
	}

	#forgetSignals(): void {
		this.cursors.clear();
		this.typing.clear();
	}
}
