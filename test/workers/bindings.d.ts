/** What the tests' Workers are bound to: all of it. */
declare namespace Cloudflare {
	interface Env {
		ROOMS: DurableObjectNamespace<import("../../src/durable/room-object.ts").RoomObject>;
		ASSETS: Fetcher;
		JOBS: Queue;
		DEAD_JOBS: Queue;
		ARCHIVE: D1Database;
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
