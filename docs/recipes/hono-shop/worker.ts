import { Hono } from "hono";
import { createRoomServer } from "rotunda";
import { backend } from "rotunda/backend";
import { app } from "./app.ts";
import page from "./index.html";

const rooms = createRoomServer(app, { path: "/rt" });
export class RoomObject extends rooms.RoomObject {}

interface Env {
	OPERATOR_KEY: string;
}

// The site that was there before.
const site = new Hono<{ Bindings: Env }>();
site.get("/", (c) => c.html(page));

site.post("/orders/:order/send", async (c) => {
	const order = c.req.param("order");
	const { city } = await c.req.json<{ city: string }>();
	// The rooms are in this very Worker, so nothing goes over the network; elsewhere it is the same without `fetch`.
	const fetch = async (url: string, init: RequestInit) =>
		(await rooms.fetch(new Request(url, init), c.env, c.executionCtx)) as Response;
	const server = backend(new URL("/rt", c.req.url), { key: c.env.OPERATOR_KEY, fetch });
	const published = await server.room("orders").publish("order.sent", { order, city }, { id: `order-${order}-sent` });
	return c.json(published);
});

site.mount("/rt", rooms.fetch);

export default { fetch: site.fetch, queue: rooms.queue };
