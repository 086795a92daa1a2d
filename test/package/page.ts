/** A page whose room is the app's: each right call compiles, and each wrong one does not. */
import { backend } from "rotunda/backend";
import { joinRoom, type Room } from "rotunda/client";
import { type DecidedEvent, type PredictedRoom, predict, type RuleRoom } from "rotunda/client/predict";
import type { app, game, open } from "./app.ts";

type Same<A, B> = [A, B] extends [B, A] ? true : false;

export async function page(): Promise<Room<typeof app>> {
	const room = joinRoom<typeof app>("https://rooms.example/rooms/lobby", { name: "Ada" });

	const { seq } = await room.publish("chat", { text: "Hello" }, { expect: 3 });
	seq.toFixed();
	room.publish("post", ["anything", { at: "all" }]);
	// Nothing said is null, where the app takes that.
	room.publish("post");
	// @ts-expect-error nothing said of a text
	room.publish("chat");
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
	await entries(room);
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

async function entries(room: Room<typeof app>): Promise<void> {
	const topic: Same<string | null, ReturnType<typeof room.get<"topic">>> = true;
	room.get("topic")?.trim();
	room.get("open")?.valueOf();
	room.get(`vote/${room.me?.id}`) satisfies "yes" | "no" | null;
	room.get("shape/7/at")?.x.toFixed();
	// @ts-expect-error there is no such entry
	room.get("tpoic");
	// @ts-expect-error a misspelt field
	room.get("shape/7/at")?.z;

	const { version } = await room.set("topic", "tea", { expect: 3 });
	room.set("topic", (before) => `${before?.trim()} ${version.toFixed()}`);
	room.set("vote/ada", "yes");
	room.set("vote/ada", null);
	room.set("shape/7/at", (at) => ({ x: 0, y: 0, ...at }));
	room.drop("shape/7/at", { expect: version });
	// @ts-expect-error a value of another type
	room.set("topic", 1);
	// @ts-expect-error one that is not among them
	room.set("vote/ada", "maybe");
	// @ts-expect-error a function that makes another type
	room.set("topic", () => 1);
	// @ts-expect-error there is no such entry
	room.set("votes/ada", "yes");
	// @ts-expect-error the backend's alone
	room.set("open", true);
	// @ts-expect-error the rules' alone
	room.add("sum/a", 1);
	// @ts-expect-error a function expects what it is given
	room.set("topic", () => "tea", { expect: 3 });
	// @ts-expect-error there is no such entry
	room.drop("vote");

	await room.add("count", topic ? 1 : 2);
	// @ts-expect-error a text is no number
	room.add("topic", 1);
	// @ts-expect-error nor is one of a list
	room.add("vote/ada", 1);

	for (const { key, value } of room.entries("vote/")) {
		key satisfies `vote/${string}`;
		value satisfies "yes" | "no";
	}
	for (const { value } of room.entries("shape/7")) value.x.toFixed();
	for (const { key, value } of room.entries("sum")) [key.trim(), value.toFixed()];
	// @ts-expect-error nothing begins so
	for (const { key } of room.entries("votes/")) key.trim();
	room.on("entries", (changed) => {
		for (const { key, value } of changed) if (key === "topic") value?.trim();
	});
	for (const { key, value } of room.entries()) if (key === "count") value?.toFixed();
}

export function openPage(): void {
	const room = joinRoom<typeof open>("https://rooms.example/rooms/lobby");
	room.publish("whatever", 1);
	room.signal("whatever", 1);
	room.setPresence("whatever");
	// @ts-expect-error what is listed is held to it all the same
	room.publish("chat", { txt: "Hello" });
	room.set("whatever", { any: "thing" });
	room.set("whatever", (before) => before);
	room.add("whatever", 1);
	room.get("topic")?.trim();
	// @ts-expect-error what is listed is held to it all the same
	room.set("topic", 1);
	// @ts-expect-error and it is no number
	room.add("topic", 1);
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
	room.set("whatever", 1);
	room.set("whatever", (before) => [before]);
	room.add("whatever", 1);
	room.get("whatever") satisfies unknown;
	for (const { key, value, version } of room.entries("what")) [key.trim(), value satisfies unknown, version.toFixed()];
	const result: Same<unknown, Awaited<ReturnType<typeof room.requestJob>>> = true;
	room.on("event", ({ name, data }) => [name === "whatever", result, data satisfies unknown]);
	for (const { state } of room.members.values()) state satisfies unknown;
	// @ts-expect-error nothing is known of it
	(await room.requestJob("whatever", 1)).title;
}

/** The same of a backend's events and entries. */
export async function ofBackend(): Promise<void> {
	const room = backend("https://rooms.example", { key: "an-operator-key" }).room<typeof app>("lobby");
	await room.publish("price", { amount: 1 }, { id: "price-1" });
	// @ts-expect-error a misspelt name
	await room.publish("prcie", { amount: 1 });
	// @ts-expect-error a field of another type
	await room.publish("price", { amount: "1" });
	const { state } = room;
	const vote = await state.get("vote/ada");
	vote?.value satisfies "yes" | "no" | undefined;
	await state.set("open", true, { expect: vote?.version ?? 0 });
	await state.set("count", (count) => (count ?? 0) + 1);
	for await (const { key, value } of state.entries()) if (key === "topic") value.trim();
	// @ts-expect-error a value of another type
	await state.set("open", "yes");
	// @ts-expect-error there is no such entry
	await state.drop("tpoic");
	const other = backend("https://rooms.example", { key: "an-operator-key" }).room("lobby");
	await other.publish("whatever", { any: "thing" });
	const { state: untyped } = other;
	await untyped.set("whatever", { any: "thing" });
	await untyped.set("whatever", (before) => [before]);
	(await untyped.get("whatever"))?.value satisfies unknown;
}

export function foreseen(): Room<typeof game> {
	const byRoom = (event: DecidedEvent<{ field: number }>, room: RuleRoom) => room.set("board", [event.from]);
	// What a shared file says of its rule holds where the page says nothing of its app.
	predict({ move: byRoom });
	// @ts-expect-error the field is a number
	predict<typeof game>({ move: (event: DecidedEvent<{ field: string }>) => event.data.field.trim() });
	// @ts-expect-error there is no such event
	predict<typeof game>({ mvoe: byRoom });
	// @ts-expect-error the backend's alone
	predict<typeof game>({ won: byRoom });
	const typed = predict<typeof game>({
		move({ data, name }, room) {
			[name satisfies "move", data.field.toFixed()];
			room.set("board", (room.get("board") ?? []).with(data.field, room.members[0]?.state?.mood ?? ""));
			for (const { key, value } of room.entries("score/")) room.set("board", [key, String(value)]);
			// @ts-expect-error the board is no number
			room.get("board")?.toFixed();
			// @ts-expect-error the board is no text
			room.set("board", "x");
		},
	});
	// @ts-expect-error rules are no prediction by themselves
	joinRoom("https://rooms.example/rooms/lobby", { predict: { move: byRoom } });
	const inherited = (_: DecidedEvent<{ field: number }>, room: PredictedRoom<typeof game>) => room.set("board", []);
	predict<typeof game>({ move: inherited });
	return joinRoom<typeof game>("https://rooms.example/rooms/lobby", { predict: typed });
}
