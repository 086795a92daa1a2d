/** One contender's running server in one round, and the members that are with it. */
import type { Contender } from "./contenders.ts";
import { Load } from "./load.ts";
import type { Running } from "./processes.ts";

export class Stage {
	readonly contender: Contender;
	readonly isQuick: boolean;
	readonly round: number;
	#server: Running | null = null;
	#rooms = 0;
	#here: { load: Load; count: number; isCompressed: boolean } | null = null;

	constructor(contender: Contender, isQuick: boolean, round: number) {
		this.contender = contender;
		this.isQuick = isQuick;
		this.round = round;
	}

	/** Starts the server, or another in its place. */
	async start(): Promise<void> {
		await this.stop();
		if (this.contender.start !== null) this.#server = await this.contender.start();
	}

	get server(): Running {
		if (this.#server === null) throw new Error(`${this.contender.name} does not run.`);
		return this.#server;
	}

	/** A room that nobody has been in. */
	newRoom(): string {
		return `bench-${this.round}-${this.#rooms++}`;
	}

	newLoad(isCompressed = false, room = this.newRoom()): Load {
		return new Load(this.contender, this.server.port, room, isCompressed);
	}

	/** So many members in a room: those who are there already, or new ones in a new room. */
	async members(count: number, isCompressed = false): Promise<Load> {
		const here = this.#here;
		if (here !== null && here.count === count && here.isCompressed === isCompressed) {
			here.load.begin();
			return here.load;
		}
		here?.load.close();
		const load = this.newLoad(isCompressed);
		this.#here = { load, count, isCompressed };
		await load.join(count);
		return load;
	}

	async stop(): Promise<void> {
		this.#here?.load.close();
		this.#here = null;
		await this.#server?.dispose();
		this.#server = null;
	}
}

export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
