/** A room, as a backend has it. */
import type * as v from "valibot";
import type { Given, NameIn, Typed, TypesOf, Under } from "../protocol/app-types.ts";
import type * as http from "../protocol/http.ts";
import type { Member, Moderation } from "../protocol/messages.ts";
import { type Followed, type FollowOptions, follow } from "./follow.ts";
import { pages } from "./pages.ts";
import { newId, type Requests } from "./request.ts";
import { BackendState } from "./state.ts";

/** How a room is. Its epoch is empty where nothing is stored yet. */
export type Summary = v.InferOutput<typeof http.Summary>;
/** Events, ascending. */
export type EventsPage = v.InferOutput<typeof http.EventsPage>;
export type Job = v.InferOutput<typeof http.Job>;

export interface PublishOptions {
	/** The event's own key, 1 to 64 characters; made up where it is missing. */
	id?: string;
	/** Publishes only if the room's newest event is that one. */
	expect?: number;
}

export interface EventsQuery {
	after?: number;
	before?: number;
	/** 1 to 200. */
	limit?: number;
	/** Refused `trimmed` where the history is another. */
	epoch?: string;
}

/** Where an event stands; or, where it is checked before anyone sees it, the job that does. */
export type Published =
	| (v.InferOutput<typeof http.Posted> & { isRepeat: boolean })
	| v.InferOutput<typeof http.HeldPost>;

/** `A`: the app whose room it is, by which events and entries are checked. */
export class BackendRoom<A extends Typed = Typed> {
	readonly #requests: Requests;
	readonly #path: string;
	/** The room's entries. */
	readonly state: BackendState<A>;

	/** @internal */
	constructor(requests: Requests, name: string) {
		this.#requests = requests;
		this.#path = `/rooms/${encodeURIComponent(name)}`;
		this.state = new BackendState(requests, this.#path);
	}

	/** How the room is. @throws BackendError */
	summary(): Promise<Summary> {
		return this.#requests.json(this.#path);
	}

	/**
	 * Publishes an event: once, however often it is tried, and where the caller gives the `id` also however often it
	 * is called: under one id always the same name and data. `expect` publishes only if the room's newest event is that one. @throws BackendError
	 */
	async publish<N extends NameIn<TypesOf<A>["told"]>>(
		name: N,
		...given: Given<Under<TypesOf<A>["told"], N>, [options?: PublishOptions]>
	): Promise<Published> {
		const [data = null, { id = newId(), expect } = {}] = given as [unknown?, PublishOptions?];
		const answer = await this.#requests.answer(`${this.#path}/events`, {
			method: "POST",
			headers: { "Idempotency-Key": id },
			body: { name, data, ...(expect === undefined ? {} : { expect }) },
		});
		const published = (await answer.json()) as v.InferOutput<typeof http.Posted | typeof http.HeldPost>;
		return "job" in published ? published : { ...published, isRepeat: answer.status === 200 };
	}

	/** A page of the history: after or before a seq, or the newest. @throws BackendError `trimmed` where it is kept no more */
	events(query: EventsQuery = {}): Promise<EventsPage> {
		return this.#requests.json(`${this.#path}/events`, { query: { ...query } });
	}

	/**
	 * The room's events as they happen, each once and in order, across cuts: from `since`, the newest `history`, or from now on.
	 * @throws BackendError `trimmed` where what comes next is kept no more, or why the room has ended it
	 */
	follow(options: FollowOptions = {}): Followed {
		return follow(this.#requests, this.#path, options);
	}

	/** Everyone who is here. @throws BackendError */
	members(): AsyncIterable<Member> {
		return pages(this.#requests, `${this.#path}/members`, (page: { members: Member[] }) => page.members);
	}

	/** Removes, bans, mutes, redacts or locks, as the wire's `moderate`. @throws BackendError */
	moderate(action: Moderation): Promise<void> {
		return this.#requests.json(`${this.#path}/moderation`, { method: "POST", body: action });
	}

	/** Everything that the member said, and its name, is told to nobody any more. For operators. @throws BackendError */
	erase(member: string): Promise<void> {
		return this.#requests.json(`${this.#path}/moderation`, { method: "POST", body: { action: "erase", member } });
	}

	/** Everything that was said here goes; bans and locks stay. For operators. @throws BackendError */
	wipe(): Promise<void> {
		return this.#requests.json(this.#path, { method: "DELETE" });
	}

	/** The room's jobs, or those of a state. For operators. @throws BackendError */
	jobs({ state = null }: { state?: Job["state"] | null } = {}): AsyncIterable<Job> {
		return pages(this.#requests, `${this.#path}/jobs`, (page: { jobs: Job[] }) => page.jobs, { state });
	}

	/** For operators. @throws BackendError */
	job(id: string): Promise<Job> {
		return this.#requests.json(`${this.#path}/jobs/${encodeURIComponent(id)}`);
	}

	/** Has a failed job tried again. For operators. @throws BackendError */
	replay(id: string): Promise<void> {
		return this.#requests.json(`${this.#path}/jobs/${encodeURIComponent(id)}/replay`, { method: "POST" });
	}
}
