import { createRoomServer } from "rotunda";
import { app } from "./app.ts";
import page from "./index.html";

const rooms = createRoomServer(app);
export class RoomObject extends rooms.RoomObject {}

export default {
	fetch(request: Request, env: unknown, ctx: unknown) {
		if (new URL(request.url).pathname !== "/") return rooms.fetch(request, env, ctx);
		return new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8" } });
	},
	queue: rooms.queue,
};
