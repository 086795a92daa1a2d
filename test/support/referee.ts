/** Watches a game of tic-tac-toe as one member hears it, and knows its rules by itself: no line of the recipe's is in it. */
import type { ServerMessage } from "../../src/protocol/messages.ts";

/** Three of these come to 15 where they stand in a row. */
const MAGIC = [2, 7, 6, 9, 5, 1, 4, 3, 8];

export interface Board {
	fields: readonly string[];
	players: readonly string[];
}

const EMPTY: Board = { fields: Array<string>(9).fill(""), players: [] };

export class Referee {
	/** What was wrong, as sentences. */
	readonly faults: string[] = [];
	/** Every event that was heard: its seq, who said it, its name and data, as JSON. */
	readonly log: string[] = [];
	/** What the events come to. */
	board: Board = EMPTY;
	/** As the room told it last. */
	told: Board = EMPTY;
	#isLive = false;

	/** In the order in which it was heard. */
	hear(message: ServerMessage): void {
		switch (message.type) {
			case "welcome":
				this.#isLive = false;
				if (message.continuity === "reset") this.faults.push(`The history begins anew: ${message.reason}.`);
				return;
			case "event":
				this.#count(message.seq);
				this.log.push(JSON.stringify([message.seq, message.from, message.name, message.data]));
				if (message.name === "move") this.#move(message.from, (message.data as { field: number }).field);
				else this.board = EMPTY;
				return;
			case "state":
				if (message.full === true) this.told = EMPTY;
				for (const { key, value } of message.entries) if (key === "game") this.told = (value as Board | null) ?? EMPTY;
				this.see(this.told);
				if (this.#isLive) this.#compare();
				return;
			case "caught-up":
				this.#isLive = true;
				this.#compare();
				return;
		}
	}

	/** A board that somebody is shown: one that can come of right moves alone. */
	see({ fields }: Board): void {
		const [x, o] = ["X", "O"].map((mark) => fields.filter((field) => field === mark).length) as [number, number];
		const isTurn = x === o || x === o + 1;
		const isEnded = (!wins(fields, "X") || x === o + 1) && (!wins(fields, "O") || x === o);
		if (fields.length !== 9 || !isTurn || !isEnded) this.faults.push(`A board that is none: ${fields}.`);
	}

	#count(seq: number): void {
		if (seq !== this.log.length + 1) this.faults.push(`${seq} came after ${this.log.length}.`);
	}

	#move(from: string, field: number): void {
		const { fields, players } = this.board;
		const moves = fields.filter((each) => each !== "").length;
		const mark = moves % 2 === 0 ? "X" : "O";
		const isHis = moves < 2 ? !players.includes(from) : players[moves % 2] === from;
		const isOver = wins(fields, "X") || wins(fields, "O");
		if (!isHis || isOver || fields[field] !== "") this.faults.push(`A wrong move: ${from} to ${field} in ${fields}.`);
		this.board = { fields: fields.with(field, mark), players: moves < 2 ? [...players, from] : players };
	}

	#compare(): void {
		if (JSON.stringify(plain(this.told)) === JSON.stringify(plain(this.board))) return;
		this.faults.push(`After ${this.log.length}: told ${this.told.fields}, and it is ${this.board.fields}.`);
	}
}

/** In one order of its fields. */
export function plain({ fields, players }: Board): Board {
	return { fields, players };
}

function wins(fields: readonly string[], mark: string): boolean {
	const own = MAGIC.filter((_, field) => fields[field] === mark);
	return own.some((a, i) => own.some((b, j) => own.some((c, k) => i < j && j < k && a + b + c === 15)));
}
