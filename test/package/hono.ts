/** The rooms in a corner of a Worker of one's own, with Hono. */
import { Hono } from "hono";
import { createRoomServer } from "rotunda";
import { app } from "./app.ts";

const rooms = createRoomServer(app, { path: "/rt" });
export const { RoomObject } = rooms;

const site = new Hono();
site.get("/", (c) => c.text("the shop"));
site.mount("/rt", rooms.fetch);
site.all("*", (c) => c.text("the shop"));
export default { fetch: site.fetch, queue: rooms.queue };
