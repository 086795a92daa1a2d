/** The Worker's entry: requests, jobs, and the object classes. */
import { env } from "cloudflare:workers";
import { app } from "./app.ts";
import { app as edge } from "./edge/app.ts";
import { consume } from "./jobs/consumer.ts";
import { readSettings } from "./protocol/settings.ts";

export { RoomObject } from "./durable/room-object.ts";

// A setting that does not parse stops the Worker here, with a sentence that names it.
readSettings(env as unknown as Record<string, unknown>);

export default {
	fetch: edge.fetch,
	queue: (batch, env) => consume(batch, env, app),
} satisfies ExportedHandler<Cloudflare.Env>;
