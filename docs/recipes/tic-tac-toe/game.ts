/** The game's rules: the room decides by them, and the page foresees by them. Nothing here knows either. */
import type { DecidedEvent, RuleRoom } from "rotunda";

export interface Game {
	/** Nine of `X`, `O` and `""`, row by row. */
	fields: string[];
	/** The ids of who plays X and who plays O, as soon as they have moved. */
	players: string[];
}

const ROWS = ["012", "345", "678", "036", "147", "258", "048", "246"].map((row) => [...row].map(Number));

export function winnerOf({ fields }: Game): string | null {
	for (const row of ROWS) {
		for (const mark of ["X", "O"]) if (row.every((field) => fields[field] === mark)) return mark;
	}
	return null;
}

export function isOver(game: Game): boolean {
	return winnerOf(game) !== null || !game.fields.includes("");
}

export function gameIn(room: { get(key: "game"): unknown }): Game {
	return (room.get("game") as Game | null) ?? { fields: Array<string>(9).fill(""), players: [] };
}

/** Who moves first plays X, and who answers plays O. */
export function move({ data, from }: DecidedEvent<{ field: number }>, room: RuleRoom): void {
	const game = gameIn(room);
	const { fields, players } = game;
	const turn = fields.filter((field) => field !== "").length % 2;
	if (isOver(game)) room.refuse("over", "The game is over.");
	if (players[1 - turn] === from || (players[turn] ?? from) !== from) room.refuse("not_yours", "It is not your turn.");
	if (fields[data.field] !== "") room.refuse("taken", "That field is taken.");
	room.set("game", {
		fields: fields.with(data.field, turn === 0 ? "X" : "O"),
		players: players.includes(from) ? players : [...players, from],
	});
}

/** Clears the board when nobody can play on it. */
export function again(_: DecidedEvent, room: RuleRoom): void {
	const game = gameIn(room);
	const isLeft = game.players.some((player) => !room.members.some(({ id }) => id === player));
	if (!isOver(game) && !isLeft) room.refuse("not_over", "The game is not over.");
	room.set("game", null);
}
