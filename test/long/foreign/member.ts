/**
 * What a client of the wire holds, whatever carries its frames: its cursor, its guest's key, and what it published and has
 * not been answered. Written from docs/protocol.md alone, whose rules are quoted; nothing of src is imported.
 *
 * Each program here is given a room's URL and how it shows that it is alive, publishes each line that it reads, and
 * prints what it hears, one JSON object a line: {"joined": continuity}, {"event": seq, "text": …}, {"answered": text},
 * {"refused": code}, {"lost": reason}, {"stopped": reason}, {"alive": "pong"}. It ends when it has read the last line and
 * everything is answered.
 */
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

interface Message {
	type: string;
	epoch: string;
	resume?: string;
	continuity: string;
	me: { id: string };
	seq: number;
	head: number;
	from: string;
	id: string;
	code: string;
	data: { text: string };
}

/** The room's URL that the program was given, and how it lives: by the text `ping`, or by JSON alone ([H-1]). */
const [room = "", life = "ping"] = process.argv.slice(2);
const BEAT = life === "ping" ? "ping" : '{"type":"received","jobs":[]}';

export const BEAT_MS = 20_000;
/** [H-4] asks for more patience of a crowd; there is one of each here. */
export const RETRY_MS = 100;

function tell(what: Record<string, unknown>): void {
	console.log(JSON.stringify(what));
}

export class Member {
	#epoch = "";
	#me = "";
	#seq: number | null = null;
	#key: string | undefined;
	#isLive = false;
	#hasSaidAll = false;
	/** The messages without an answer, by their ids, in the order in which they were said. */
	readonly #waiting = new Map<string, { text: string; message: string }>();

	/** Where to connect now: the cursor is in it ([R-2]). */
	readonly url = (): string => (this.#seq === null ? room : `${room}?since=${this.#epoch}.${this.#seq}`);

	/** What to offer now: the key makes it the same guest again ([J-7]). */
	readonly protocols = (): string[] =>
		this.#key === undefined ? ["rotunda.v1"] : ["rotunda.v1", `resume.${this.#key}`];

	/** A sign of life, for now and every 20 s. */
	get beat(): string {
		return BEAT;
	}

	/** What to send now; nothing before `caught-up`, after which it is sent with all that waits ([P-3]). */
	say(text: string): string[] {
		const id = randomUUID();
		const message = JSON.stringify({ type: "publish", id, name: "chat", data: { text } });
		this.#waiting.set(id, { text, message });
		return this.#isLive ? [message] : [];
	}

	/** Tells what a frame says; returns what is to be sent now. */
	hear(frame: string): string[] {
		if (frame === "pong") tell({ alive: frame });
		// [F-2]: every other frame is an array.
		else return (JSON.parse(frame) as Message[]).flatMap((message) => this.#hear(message));
		return [];
	}

	/** The socket has ended; true where the room wants no more of this member ([C-1]). */
	hasLost(code: number): boolean {
		this.#isLive = false;
		const isStopped = code >= 4500 && code <= 4999;
		tell(isStopped ? { stopped: `closed ${code}` } : { lost: `closed ${code}` });
		return isStopped;
	}

	/** No line will follow: it leaves when everything is answered. */
	endOfLines(): void {
		this.#hasSaidAll = true;
		this.#leaveIfDone();
	}

	#hear(message: Message): string[] {
		switch (message.type) {
			case "welcome":
				this.#epoch = message.epoch;
				this.#me = message.me.id;
				this.#key = message.resume ?? this.#key;
				this.#isLive = false;
				if (message.continuity !== "resumed") this.#seq = null;
				tell({ joined: message.continuity });
				return [];
			case "event":
				this.#seq = message.seq;
				tell({ event: message.seq, text: message.data.text });
				if (message.from === this.#me) this.#answered(message.id);
				return [];
			case "ack":
				this.#answered(message.id);
				return [];
			case "caught-up":
				this.#seq = message.head;
				this.#isLive = true;
				return [...this.#waiting.values()].map(({ message }) => message);
			case "error":
				tell({ refused: message.code });
				return [];
			default:
				return [];
		}
	}

	#answered(id: string): void {
		const said = this.#waiting.get(id);
		if (said === undefined) return;
		this.#waiting.delete(id);
		tell({ answered: said.text });
		this.#leaveIfDone();
	}

	#leaveIfDone(): void {
		if (this.#hasSaidAll && this.#waiting.size === 0) process.exit();
	}
}

export function eachLine(member: Member, send: (message: string) => void): void {
	createInterface(process.stdin)
		.on("line", (text) => member.say(text).forEach(send))
		.on("close", () => member.endOfLines());
}
