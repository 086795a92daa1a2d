/** Rooms whose rules believe whatever members say: they make keys, names, codes and times of it, and look at nothing first. */
import * as v from "valibot";
import { defineApp } from "../../../../src/jobs/define.ts";
import type { Decide } from "../../../../src/protocol/decision.ts";
import { createRoomServer } from "../../../../src/server.ts";

const believe: Decide = ({ data, from, name }, room) => {
	// biome-ignore lint/suspicious/noExplicitAny: so carelessly is it written
	const said = data as any;
	const count = room.entries("k/").length;
	room.set(`k/${said.text ?? said}`, said);
	room.set(`by/${from}`, { ...said, [said.type ?? name]: count });
	if (count % 3 === 0) room.publish(said.name ?? "told", said.at[0]);
	if (count % 5 === 0) room.later(String(said), Number(said), said);
	if (room.random() < 0.2) room.refuse(said.text ?? name, `${name}`);
	for (const key of Object.keys(said)) room.set(`k/${key}`, said[key]);
};

const server = createRoomServer(
	defineApp({
		events: {
			told: { from: "backend" },
			// What those say who mean well.
			said: {
				from: "members",
				decide: ({ from }, room) => room.set(`said/${from}`, Number(room.get(`said/${from}`) ?? 0) + 1),
			},
			"*": { from: "members", decide: believe },
		},
		state: { "*": { write: "rules", value: v.unknown() } },
	}),
);
export const ProbedRoom = server.RoomObject;
export default { fetch: server.fetch } satisfies ExportedHandler<Cloudflare.Env>;
