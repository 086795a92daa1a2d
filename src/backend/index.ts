/** `rotunda/backend`: rooms for one's own server, by `fetch` alone: in Node, Deno, Bun and Workers. */
import type * as v from "valibot";
import type { Typed } from "../protocol/app-types.ts";
import type * as http from "../protocol/http.ts";
import { pages } from "./pages.ts";
import { type BackendOptions, Requests } from "./request.ts";
import { BackendRoom } from "./room.ts";

export type { Followed, FollowOptions } from "./follow.ts";
export { BackendError, type BackendOptions, type Ending, type Fetch, type Key } from "./request.ts";
export type { BackendRoom, EventsPage, EventsQuery, Job, Published, PublishOptions, Summary } from "./room.ts";
export type { BackendState, Entry, Landed, SetOptions } from "./state.ts";
export { type Grant, mintToken } from "./token.ts";
export { type Delivery, type Received, verifyWebhook } from "./webhook.ts";

/** A room in the directory. */
export type Listed = v.InferOutput<typeof http.RoomsPage>["rooms"][number];
/** What the archive holds of an event. */
export type Found = v.InferOutput<typeof http.SearchPage>["events"][number];
/** A message of the queue's that nothing could be done with. */
export type DeadLetter = v.InferOutput<typeof http.DeadLettersPage>["letters"][number];

export interface Backend {
	/** With `room<typeof app>(…)` the compiler checks its entries by what your app says. */
	room<A extends Typed = Typed>(name: string): BackendRoom<A>;
	/** All rooms that anybody was in. For operators. @throws BackendError */
	rooms(): AsyncIterable<Listed>;
	/** What was said, by its words: in a room, or by operators in all of them. @throws BackendError */
	search(words: string, room?: string): AsyncIterable<Found>;
	/** For operators. @throws BackendError */
	deadLetters(): AsyncIterable<DeadLetter>;
}

/** @param url where the server is: `https://host`, or `https://host/prefix`. @throws TypeError where that is no such URL */
export function backend(url: string | { readonly href: string }, options: BackendOptions): Backend {
	const requests = new Requests(url, options);
	return {
		room: (name) => new BackendRoom(requests, name),
		rooms: () => pages(requests, "/rooms", (page: { rooms: Listed[] }) => page.rooms),
		search: (q, room) => pages(requests, "/archive/search", (page: { events: Found[] }) => page.events, { q, room }),
		deadLetters: () => pages(requests, "/dead-letters", (page: { letters: DeadLetter[] }) => page.letters),
	};
}
