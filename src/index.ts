/** The Worker's entry: requests, and the object classes. */
import { env } from "cloudflare:workers";
import { app } from "./edge/app.ts";
import { readSettings } from "./protocol/settings.ts";

export { RoomObject } from "./durable/room-object.ts";

// A setting that does not parse stops the Worker here, with a sentence that names it.
readSettings(env as unknown as Record<string, unknown>);

export default { fetch: app.fetch } satisfies ExportedHandler<Cloudflare.Env>;
