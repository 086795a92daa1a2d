/** A page whose room is the app's: each right call compiles, and each wrong one does not. */
import { joinRoom, type Room } from "rotunda/client";
import type { app, open } from "./app.ts";

type Same<A, B> = [A, B] extends [B, A] ? true : false;

export async function page(): Promise<Room<typeof app>> {
	const room = joinRoom<typeof app>("https://rooms.example/rooms/lobby", { name: "Ada" });

	const { seq } = await room.publish("chat", { text: "Hello" }, { expect: 3 });
	seq.toFixed();
	room.publish("post", ["anything", { at: "all" }]);
	// @ts-expect-error a misspelt name
	room.publish("chta", { text: "Hello" });
	// @ts-expect-error a misspelt field
	room.publish("chat", { txt: "Hello" });
	// @ts-expect-error a field of another type
	room.publish("chat", { text: 1 });
	// @ts-expect-error the backend's alone
	room.publish("price", { amount: 1 });

	room.signal("cursor", { x: 1, y: 2 }, { to: "bob" });
	// @ts-expect-error a misspelt name
	room.signal("curser", { x: 1, y: 2 });
	// @ts-expect-error a missing field
	room.signal("cursor", { x: 1 });

	room.setPresence({ mood: "good" });
	room.setPresence(null);
	// @ts-expect-error a misspelt field
	room.setPresence({ mod: "good" });

	const { ordered, receipt } = await room.requestJob("order", { item: "tea" });
	const texts: string[] = [ordered, receipt, (await room.requestJob("unfurl", { url: "https://a.example/" })).title];
	texts.join();
	// @ts-expect-error a field of another type
	room.requestJob("order", { item: 1 });
	// @ts-expect-error nobody may ask for it
	room.requestJob("moderate", "words");
	// @ts-expect-error there is none of that name
	room.requestJob("oder", { item: "tea" });

	hear(room);
	for await (const event of room.events()) if (event.name === "price") event.data?.amount.toFixed();
	const { events } = await room.history({ limit: 10 });
	// @ts-expect-error there is no event of that name
	events.filter(({ name }) => name === "chta");
	return room;
}

function hear(room: Room<typeof app>): void {
	room.on("event", (event) => {
		if (event.name === "chat" && event.redacted !== true) event.data.text.trim();
		if (event.name === "chat") event.data?.text.trim();
		if (event.name === "price") event.data?.amount.toFixed();
		if (event.name === "room.redacted") event.data?.seq.toFixed();
		// @ts-expect-error it may have been taken back
		if (event.name === "chat") event.data.text.trim();
		// @ts-expect-error a misspelt field
		if (event.name === "chat") event.data?.txt;
		// @ts-expect-error a misspelt name
		if (event.name === "chta") room.leave();
	});
	room.on("signal", ({ name, data, from }) => [name satisfies "cursor", data.x + data.y, from.trim()]);
	room.on("presence", ({ members }) => [...members.values()].map(({ state }) => state?.mood.trim()));
	// @ts-expect-error there is no such listener
	room.on("evnt", () => {});
}

export function openPage(): void {
	const room = joinRoom<typeof open>("https://rooms.example/rooms/lobby");
	room.publish("whatever", 1);
	room.signal("whatever", 1);
	room.setPresence("whatever");
	// @ts-expect-error what is listed is held to it all the same
	room.publish("chat", { txt: "Hello" });
	// @ts-expect-error it has no kinds
	room.requestJob("unfurl", { url: "https://a.example/" });
	room.on("event", (event) => {
		if (event.name === "chat") event.data?.text.trim();
	});
	room.on("signal", ({ name }) => name === "whatever");
}

/** Without the type parameter every name and any data will do, as ever. */
export async function untypedPage(): Promise<void> {
	const room: Room = joinRoom("https://rooms.example/rooms/lobby", { token: () => null });
	room.publish("whatever", 1);
	room.signal("whatever", 1);
	room.setPresence("whatever");
	const result: Same<unknown, Awaited<ReturnType<typeof room.requestJob>>> = true;
	room.on("event", ({ name, data }) => [name === "whatever", result, data satisfies unknown]);
	for (const { state } of room.members.values()) state satisfies unknown;
	// @ts-expect-error nothing is known of it
	(await room.requestJob("whatever", 1)).title;
}
