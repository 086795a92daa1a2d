/** The rooms beside another's handler, in a project that has the platform's types. */
import { createRoomServer, type RoomObject as Rooms } from "rotunda";
import { app } from "./app.ts";

const rooms = createRoomServer(app, { path: "/rt" });
export class RoomObject extends rooms.RoomObject {}

interface Env {
	ROOMS: DurableObjectNamespace<RoomObject>;
	ELSEWHERE: DurableObjectNamespace<Rooms>;
	JOBS: Queue;
}

export default {
	fetch: async (request, env, ctx) => {
		if (!rooms.owns(request)) return new Response("the shop");
		const answer = await rooms.fetch(request, env, ctx);
		// @ts-expect-error a response's own types are the platform's
		answer.stauts;
		return answer.status === 101 ? answer : new Response(answer.body, answer);
	},
	queue: rooms.queue,
} satisfies ExportedHandler<Env>;
