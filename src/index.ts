/** The Worker's entry: the room server of the app that you edit. */
import { env } from "cloudflare:workers";
import { app } from "./app.ts";
import { readSettings } from "./protocol/settings.ts";
import { createRoomServer } from "./server.ts";

// A setting that does not parse stops the Worker here, with a sentence that names it.
readSettings(env as unknown as Record<string, unknown>);

const { fetch, queue, RoomObject } = createRoomServer(app);

export { RoomObject };
export default { fetch, queue } satisfies ExportedHandler<Cloudflare.Env>;
