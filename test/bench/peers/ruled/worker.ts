/** Rotunda, with a rule that decides on every event: one entry read and one set. */
import * as v from "valibot";
import { defineApp } from "../../../../src/jobs/define.ts";
import { createRoomServer } from "../../../../src/server.ts";

const app = defineApp({
	events: {
		m: {
			from: "members",
			data: v.string(),
			decide: ({ from }, room) => room.set(`said/${from}`, (room.get(`said/${from}`) ?? 0) + 1),
		},
	},
	state: { "said/{member}": { write: "rules", value: v.number() } },
});

const server = createRoomServer(app);
export const RoomObject = server.RoomObject;
export default { fetch: server.fetch } satisfies ExportedHandler<Cloudflare.Env>;
