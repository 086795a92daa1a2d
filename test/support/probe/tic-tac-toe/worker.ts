/** Rooms in which tic-tac-toe is played, by the rules of the recipe. */
import { createRoomServer } from "../../../../src/server.ts";
import { app } from "./app.ts";

const server = createRoomServer(app);
export const ProbedRoom = server.RoomObject;
export default { fetch: server.fetch } satisfies ExportedHandler<Cloudflare.Env>;
