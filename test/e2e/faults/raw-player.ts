/** A player by a raw socket, who moves whether it is his turn or not, forges, says things again, and comes back when he is thrown out. */
import type { ServerMessage } from "../../../src/protocol/messages.ts";
import type { Random } from "../../simulation/random.ts";
import { frameOf, OPCODE } from "../../support/frames.ts";
import { RawSocket } from "../../support/raw-socket.ts";
import { Referee } from "../../support/referee.ts";

const IN_FLIGHT_MAX = 4;
const REPEATED_MAX = 50;
const PAUSE_MS = 20;

export class RawPlayer {
	readonly referee = new Referee();
	/** How many moves he has made, however wrong. */
	moves = 0;
	/** The codes of what was refused. */
	readonly refusals = new Set<string>();
	readonly #url: string;
	readonly #random: Random;
	readonly #said: { id: string; text: string }[] = [];
	readonly #waiting = new Set<string>();
	#socket: RawSocket;
	#ids = 0;
	#resume: string | null = null;
	#epoch = "";
	#me = "";
	#isLive = false;

	constructor(url: string, random: Random) {
		this.#url = url;
		this.#random = random;
		this.#socket = this.#join();
	}

	#join(): RawSocket {
		this.#isLive = false;
		this.#waiting.clear();
		const since = this.#epoch === "" ? "" : `?since=${this.#epoch}.${this.referee.log.length}`;
		const protocols = this.#resume === null ? "rotunda.v1" : `rotunda.v1, resume.${this.#resume}`;
		const socket = new RawSocket(`${this.#url}${since}`, protocols, (message) => this.#hear(message));
		return socket;
	}

	#hear(message: ServerMessage): void {
		this.referee.hear(message);
		if (message.type === "welcome") {
			this.#resume = message.resume ?? this.#resume;
			this.#me = message.me.id;
			this.#epoch = message.epoch;
		}
		if (message.type === "caught-up") this.#isLive = true;
		if (message.type === "event" && message.from !== this.#me) return;
		if ("id" in message && message.id !== undefined) this.#waiting.delete(message.id);
		if (message.type === "error") this.refusals.add(message.code);
	}

	/** Resolves when he is in the room, and has heard what he missed. */
	async isIn(): Promise<void> {
		for (;;) {
			await this.#socket.until(() => this.#isLive || this.#socket.closed !== null);
			if (this.#socket.closed === null) return;
			await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
			this.#socket = this.#join();
		}
	}

	async play(isOn: () => boolean): Promise<void> {
		while (isOn()) {
			await this.isIn();
			const messages = Array.from({ length: this.#random.between(1, IN_FLIGHT_MAX) }, () => this.#message());
			await this.#socket.send(frameOf(OPCODE.text, Buffer.from(`[${messages.join()}]`)));
			await this.#socket.until(() => this.#waiting.size === 0 || this.#socket.closed !== null);
		}
	}

	leave(): void {
		this.#socket.leave();
	}

	/** The next thing to say, as text. */
	#message(): string {
		const random = this.#random;
		const again = this.#said[random.below(Math.max(this.#said.length, 1))];
		const deed = random.below(20);
		if (deed < 3 && again !== undefined) return this.#sends(again.id, again.text);
		// Under an id that was used for something else.
		const id = deed === 3 && again !== undefined ? again.id : `${this.#me}-${++this.#ids}`;
		const text = this.#write(id, deed);
		this.#said.push({ id, text });
		if (this.#said.length > REPEATED_MAX) this.#said.shift();
		return this.#sends(id, text);
	}

	#sends(id: string, text: string): string {
		this.#waiting.add(id);
		if (text.includes('"move"')) this.moves++;
		return text;
	}

	#write(id: string, deed: number): string {
		const random = this.#random;
		const { players, fields } = this.referee.told;
		if (deed < 6) return JSON.stringify({ type: "publish", id, name: "again", data: null });
		if (deed === 6) {
			const value = { fields: fields.with(random.below(9), "X"), players };
			return JSON.stringify({ type: "set", id, key: "game", value });
		}
		if (deed === 7)
			return JSON.stringify({ type: "publish", id, name: "move", data: { field: random.pick([9, -1, "4"]) } });
		// In the name of the other one, as far as he can say so.
		const forged = deed < 12 ? { from: players.find((player) => player !== this.#me), author: "X", seq: 1 } : {};
		return JSON.stringify({ type: "publish", id, name: "move", data: { field: random.below(9) }, ...forged });
	}
}
