/** The backend: what was sold, once a second, and each second once however often this is started. */
import { setTimeout as pause } from "node:timers/promises";
import { backend } from "rotunda/backend";
import type { Measured } from "./app.ts";

const [, , url = "http://localhost:8787", seconds = "Infinity"] = process.argv;
const rooms = backend(url, { key: process.env.OPERATOR_KEY ?? "a-key-for-this-machine" });
const shop = rooms.room("shop");

for (let second = 0; second < Number(seconds); second++) {
	const orders = Math.round(5 + Math.random() * 5);
	const measured: Measured = { orders, revenue: orders * 12 };
	// An id of its own makes a retry safe: the same second is published once.
	await shop.publish("measured", measured, { id: `shop-${new Date().toISOString().slice(0, 19)}` });
	await pause(1_000);
}
