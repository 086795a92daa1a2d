/** What an attacker works with: lines into the room, requests, and a clock that says when it is over. */
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { mint } from "../../mint.ts";
import type { Preparation } from "../../support/probe/cost/preparation.ts";
import { type Guise, Line, type Traffic } from "./line.ts";

export const OPERATOR_KEY = "an-operator-key";
const JOINS_PER_SECOND = 200;
const TICK_MS = 5;
/** Requests that one who does not wait has under way. */
const REQUESTS_MAX = 32;

/** An attacker of the tables. */
export interface Attacker {
	name: string;
	/** What it does, in a sentence. */
	does: string;
	/** True where nothing that it does is over a documented rate: nobody refuses it for its speed. */
	isWithinRates: boolean;
	/** How many others are in the room beside the 20; none where nothing is said. */
	audience?: number;
	/** Before anyone comes: what is stored. */
	prepare?(stage: Stage): Promise<void>;
	/** When everyone is in, and before the calm is measured. */
	arrange?(stage: Stage): Promise<void>;
	/** Returns, at the latest, soon after it is over. */
	attack(stage: Stage): Promise<unknown>;
}

/** `{n}` as an address of its own network. */
export const addressOf = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
/** Where attackers come from, who are one network where nothing else is said. */
export const ATTACKER_ADDRESS = "192.0.2.1";

export const keyOf = (n: number): string => `guest-key-number-${n}`;
/** The member id of the guest whose key that is. */
export const memberOf = (key: string): string => `guest:${createHash("sha256").update(key).digest("hex").slice(0, 32)}`;

export class Stage {
	readonly room: string;
	readonly traffic: Traffic = { in: 0, out: 0 };
	/** What an attacker saw done to others that no figure shows, as sentences. */
	readonly harm: string[] = [];
	readonly #server: string;
	readonly #lines: Line[] = [];
	readonly #aborter = new AbortController();
	/** Resolves when the attack is over. */
	readonly over: Promise<void>;
	#end = (): void => {};
	#isOver = false;
	#addresses = 0;

	constructor(server: string) {
		this.#server = server;
		this.room = `${server}/rooms/room`;
		this.over = new Promise((resolve) => {
			this.#end = () => resolve();
		});
	}

	get isOver(): boolean {
		return this.#isOver;
	}

	/** Ends the attack, whatever it is at. */
	end(): void {
		this.#isOver = true;
		this.#end();
		this.#aborter.abort();
	}

	/** Whoever has asked to join, in that order. */
	get members(): readonly Line[] {
		return this.#lines;
	}

	leave(): void {
		for (const line of this.#lines) line.leave();
	}

	/** An address that nobody else has. */
	newAddress(): string {
		return addressOf(++this.#addresses);
	}

	/** Asks to join, and waits for nothing. */
	knock(guise: Guise = {}): Line {
		const line = new Line(this.room, { address: ATTACKER_ADDRESS, ...guise }, this.traffic);
		this.#lines.push(line);
		return line;
	}

	async guest(guise: Guise = {}): Promise<Line> {
		const line = this.knock(guise);
		await Promise.race([line.isIn, this.over]);
		return line;
	}

	/** A connection that never says what it wants. */
	halfOpen(): void {
		const { hostname, port, host } = new URL(this.#server);
		const socket = connect(Number(port), hostname).on("error", () => {});
		socket.write(`GET /rooms/room HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\n`);
		void this.over.then(() => socket.destroy());
	}

	/** So many guests, each of a network of its own where none is given. */
	async guests(count: number, guise: Guise = {}): Promise<Line[]> {
		const lines: Line[] = [];
		const beganAt = performance.now();
		while (lines.length < count && !this.#isOver) {
			const due = Math.ceil(((performance.now() - beganAt) / 1000) * JOINS_PER_SECOND);
			while (lines.length < Math.min(due, count)) lines.push(this.knock({ address: this.newAddress(), ...guise }));
			await pause(TICK_MS);
		}
		await Promise.race([Promise.all(lines.map(({ isIn }) => isIn)), this.over]);
		return lines;
	}

	async moderator(): Promise<Line> {
		return this.guest({ token: await mint({ sub: "moderator", rooms: ["*"] }) });
	}

	/** Does it so often a second until it is over, and never sooner; `work` gets the number of the time, from 0. */
	async every(perSecond: number, work: (n: number) => unknown): Promise<void> {
		const beganAt = performance.now();
		for (let n = 0; !this.#isOver; ) {
			const due = ((performance.now() - beganAt) / 1000) * perSecond;
			for (; n < due && !this.#isOver; n++) void work(n);
			await Promise.race([pause(TICK_MS), this.over]);
		}
	}

	/** As fast as what it returns resolves, until it is over. */
	async flood(work: (n: number) => Promise<unknown>): Promise<void> {
		for (let n = 0; !this.#isOver; n++) {
			await Promise.race([work(n), this.over]);
			if (n % 8 === 7) await pause(0);
		}
	}

	/** Requests without end, as many at a time as anyone's computer makes. */
	async requests(request: (n: number) => Promise<unknown>, atATime = REQUESTS_MAX): Promise<void> {
		let n = 0;
		await Promise.all(Array.from({ length: atATime }, () => this.flood(() => request(n++))));
	}

	/** The status; 0 where none came. */
	async http(path: string, init: RequestInit & { address?: string } = {}): Promise<number> {
		const { address = ATTACKER_ADDRESS, headers, ...rest } = init;
		this.traffic.in += typeof rest.body === "string" ? rest.body.length : 0;
		try {
			const asked = { ...rest, headers: { "CF-Connecting-IP": address, ...headers }, signal: this.#aborter.signal };
			const answer = await fetch(`${this.#server}${path}`, asked);
			this.traffic.out += (await answer.arrayBuffer()).byteLength;
			return answer.status;
		} catch {
			await Promise.race([pause(TICK_MS), this.over]);
			return 0;
		}
	}

	post(id: string, body: unknown, address?: string): Promise<number> {
		return this.http("/rooms/room/events", {
			method: "POST",
			headers: { "Idempotency-Key": id, "Content-Type": "application/json" },
			body: typeof body === "string" ? body : JSON.stringify(body),
			...(address === undefined ? {} : { address }),
		});
	}

	operator(path: string, init: RequestInit = {}): Promise<number> {
		return this.http(path, { ...init, headers: { Authorization: `Bearer ${OPERATOR_KEY}`, ...init.headers } });
	}

	/** The room's alarm, now. */
	async ring(): Promise<void> {
		await this.http("/probe/room/ring");
	}

	/** The checks of the first so many jobs come back at once, and say yes. */
	async clear(jobs: number): Promise<void> {
		await this.http(`/probe/room/clear?jobs=${jobs}`);
	}

	async prepare(preparation: Preparation, room = "room"): Promise<void> {
		const body = JSON.stringify(preparation);
		const answer = await fetch(`${this.#server}/probe/${room}/prepare`, { method: "POST", body });
		if (!answer.ok) throw new Error(`The preparation failed: ${await answer.text()}`);
		await fetch(`${this.#server}/probe/${room}/restart`);
	}
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
