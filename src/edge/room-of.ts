/** From a request's path to the room that it names. */
import type { RoomStub } from "../durable/room-object.ts";
import { ROOM_NAME } from "../protocol/ids.ts";
import { Refused } from "./problem.ts";

/** @throws Refused `bad_room` where the name is no room's. */
export function roomOf(env: Cloudflare.Env, name: string): RoomStub {
	if (ROOM_NAME.test(name)) return env.ROOMS.getByName(name);
	throw new Refused(
		"bad_room",
		"A room's name has 1 to 128 letters, digits or any of . _ ~ : - and begins with a letter or digit.",
	);
}
