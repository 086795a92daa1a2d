/** Rooms in which one sets a timer, by a rule. */
import { defineApp } from "../../../../src/jobs/define.ts";
import { createRoomServer } from "../../../../src/server.ts";

/** How long it waits. */
const RINGS_MS = 3_000;

const server = createRoomServer(
	defineApp({
		events: {
			set: { from: "members", decide: (_, room) => room.later("ring", RINGS_MS) },
			ring: { from: "backend" },
		},
	}),
);
export const ProbedRoom = server.RoomObject;
export default { fetch: server.fetch } satisfies ExportedHandler<Cloudflare.Env>;
