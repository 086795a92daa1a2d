/** The backend: what was sold, once a second, and each second once however often this is started. */
import { setTimeout as pause } from "node:timers/promises";
import { backend } from "rotunda/backend";
import type { Measured } from "./app.ts";

const [, , url = "http://localhost:8787", seconds = "Infinity"] = process.argv;
const rooms = backend(url, { key: process.env.OPERATOR_KEY ?? "a-key-for-this-machine" });
const shop = rooms.room("shop");

for (let left = Number(seconds); left > 0; left--) {
	const second = Math.floor(Date.now() / 1_000);
	// What was sold then: the same, whoever asks again.
	const orders = 5 + ((second * 7) % 6);
	const measured: Measured = { orders, revenue: orders * 12 };
	// The second is the id: it is published once, however often it is said.
	await shop.publish("measured", measured, { id: `shop-${second}` });
	await pause(1_000);
}
