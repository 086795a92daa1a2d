import { createRoomServer } from "rotunda";
import { mintToken } from "rotunda/backend";
import { app } from "./app.ts";
import page from "./index.html";
import { logIn, whoIs } from "./login.ts";

const rooms = createRoomServer(app);
export class RoomObject extends rooms.RoomObject {}

interface Env {
	TOKEN_SECRET: string;
}

/** A token for the rooms of one's team, and for no other; it holds for 15 minutes, and the client asks for the next. */
async function roomToken(request: Request, { TOKEN_SECRET }: Env): Promise<Response> {
	const person = whoIs(request);
	if (person === null) return new Response("Log in first.", { status: 401 });
	const { id, name, team, isLead } = person;
	const can = ["read", "publish", "signal", "presence", ...(isLead ? (["moderate"] as const) : [])] as const;
	return new Response(await mintToken(TOKEN_SECRET, { member: id, name, rooms: [`${team}-*`], can }));
}

export default {
	fetch(request: Request, env: Env, ctx: unknown) {
		const { pathname } = new URL(request.url);
		if (pathname === "/") return new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8" } });
		if (pathname === "/login" && request.method === "POST") return logIn(request);
		if (pathname === "/room-token") return roomToken(request, env);
		return rooms.fetch(request, env, ctx);
	},
	queue: rooms.queue,
};
