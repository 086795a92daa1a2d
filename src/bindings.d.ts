/** What a Worker may be bound to: `ROOMS` is enough, and each other one brings what its comment says. Settings are read through protocol/settings.ts. */
declare namespace Cloudflare {
	interface Env {
		ROOMS: DurableObjectNamespace<import("./durable/room-object.ts").RoomObject>;
		/** The pages of people. */
		ASSETS?: Fetcher;
		/** The queue by which heavy work leaves the room, and what is held or reviewed goes to its check. */
		JOBS?: Queue;
		DEAD_JOBS?: Queue;
		/** Search, the directory of rooms and dead letters. */
		ARCHIVE?: D1Database;
		/** Limits at the door: joins and new rooms of one address. */
		JOINS?: RateLimit;
		NEW_ROOMS?: RateLimit;
		WEBHOOK_SECRET?: string;
		OPERATOR_KEY?: string;
		TOKEN_SECRET?: string;
	}
}

declare module "*.sql" {
	const text: string;
	export default text;
}
