import assert from "node:assert/strict";
import test from "node:test";
import { testRoom } from "rotunda/testing";
import { makeApp } from "./app.ts";
import { sign } from "./ticket.ts";

const vars = { TICKET_KEY: "a key" };

interface Ticket {
	number: number;
	signature: string;
}

test("each who gets in line has a number of its own, also where the room slept in between", async () => {
	const room = testRoom(makeApp, { vars });
	const ann = room.join("Ann");
	const tickets: Ticket[] = [];
	ann.on("event", (event) => {
		if (event.name === "room.job" && event.data !== null) tickets.push(event.data.result as Ticket);
	});
	for (let time = 0; time < 3; time++) {
		await ann.publish("line", { people: 2 });
		await room.advance(1_000);
		await room.sleep(); // nothing may change by it
	}
	const numbers = tickets.map(({ number }) => number);
	assert.equal(new Set(numbers).size, 3);
	assert.deepEqual(
		numbers,
		[...numbers].sort((a, b) => a - b),
	);
	assert.equal(tickets[0]?.signature, await sign(`${numbers[0]} 2`, "a key"));
});

test("a table has eight chairs: whoever brings more has no ticket", async () => {
	const room = testRoom(makeApp, { vars });
	const ann = room.join("Ann");
	await ann.publish("line", { people: 9 });
	await room.advance(60_000);
	assert.deepEqual(
		room.history().map(({ name }) => name),
		["line"],
	);
});
