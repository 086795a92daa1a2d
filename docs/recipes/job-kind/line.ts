/** Somebody gets in line: `node line.ts Ada 2` */
import { joinRoom } from "rotunda/client";
import type { app } from "./app.ts";

const [, , name = "Ada", people = "2", url = "http://localhost:8787"] = process.argv;
const room = joinRoom<typeof app>(`${url}/rooms/line`, { name });

const { seq } = await room.publish("line", { people: Number(people) });
for await (const event of room.events()) {
	if (event.name === "room.job" && event.data?.of === seq) {
		console.log(event.data.result);
		break;
	}
}
room.leave();
