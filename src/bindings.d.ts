/** What wrangler.toml binds. Settings are read through protocol/settings.ts. */
declare namespace Cloudflare {
	interface Env {
		ROOMS: DurableObjectNamespace<import("./durable/room-object.ts").RoomObject>;
		ASSETS: Fetcher;
		JOBS: Queue;
		DEAD_JOBS: Queue;
		ARCHIVE: D1Database;
		WEBHOOK_SECRET?: string;
		OPERATOR_KEY?: string;
		TOKEN_SECRET?: string;
		/** Joins and new rooms of one address; missing where the platform has none. */
		JOINS?: RateLimit;
		NEW_ROOMS?: RateLimit;
	}
}

declare module "*.sql" {
	const text: string;
	export default text;
}
