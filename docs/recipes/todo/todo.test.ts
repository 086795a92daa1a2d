import assert from "node:assert/strict";
import test from "node:test";
import { testRoom } from "rotunda/testing";
import { app } from "./app.ts";

const EVENTS = 20_000;

test("who comes after 20,000 events has the list, of which the history tells nothing any more", async () => {
	const room = testRoom(() => app, { vars: { PUBLISH_PER_SECOND: "0", HISTORY_MAX_EVENTS: "100" } });
	const ada = room.join("Ada");
	await ada.set("item/1", { text: "Milk", done: false });
	await ada.set("item/2", { text: "Bread", done: false });
	await ada.publish("did", { what: "added", text: "Milk" });
	for (let sent = 0; sent < EVENTS; sent += 100) {
		const some = Array.from({ length: 100 }, () => ada.publish("did", { what: "did", text: "The dishes" }));
		await room.settle();
		await Promise.all(some);
	}
	await ada.set("item/2", (item) => item && { ...item, done: true });
	await room.advance(120_000);
	assert.equal(room.history().length, 100);

	const late = room.join("Late");
	await room.settle();
	assert.deepEqual(
		late.entries("item/").map(({ value }) => value),
		[
			{ text: "Milk", done: false },
			{ text: "Bread", done: true },
		],
	);
});
