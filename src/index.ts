/** The Worker's entry: the room server of the app that you edit. */
import { app } from "./app.ts";
import { createRoomServer } from "./server.ts";

const { fetch, queue, RoomObject } = createRoomServer(app);

export { RoomObject };
export default { fetch, queue } satisfies ExportedHandler<Cloudflare.Env>;
