/** What wrangler.toml binds. Settings are read through protocol/settings.ts. */
declare namespace Cloudflare {
	interface Env {
		ROOMS: DurableObjectNamespace<import("./durable/room-object.ts").RoomObject>;
		ASSETS: Fetcher;
	}
}
