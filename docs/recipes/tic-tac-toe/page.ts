import { joinRoom } from "rotunda/client";
import { predict } from "rotunda/client/predict";
import type { app } from "./app.ts";
import { again, gameIn, isOver, move, winnerOf } from "./game.ts";

const name = new URLSearchParams(location.search).get("name") ?? "Somebody";
const room = joinRoom<typeof app>("/rooms/table", { name, predict: predict<typeof app>({ move, again }) });

const say = (text: string) => document.querySelector("#says")?.replaceChildren(text);
const buttons = Array.from({ length: 9 }, (_, field) => {
	const button = document.createElement("button");
	button.ariaLabel = `Field ${field + 1}`;
	button.onclick = () => void room.publish("move", { field }).catch(({ message }) => say(message));
	return button;
});
document.querySelector("#board")?.append(...buttons);
document.querySelector("#again")?.addEventListener("click", () => {
	room.publish("again", null).catch(({ message }) => say(message));
});

// One's own move is in the board before the room has answered; what the room says takes its place.
room.on("entries", () => {
	const game = gameIn(room);
	for (const [field, button] of buttons.entries()) button.textContent = game.fields[field] ?? "";
	say(isOver(game) ? `Over: ${winnerOf(game) ?? "nobody"} wins` : `${name} plays`);
});
room.on("state", ({ kind }) => say(kind));
