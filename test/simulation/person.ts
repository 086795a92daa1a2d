/** One member before a screen: the real client on a simulated network, and what it was promised. */

import { Connection } from "../../src/client/connection.ts";
import { RoomError } from "../../src/client/room-error.ts";
import type { Asked } from "../../src/client/written.ts";
import { closeCodeOfRefusedJoin } from "../../src/protocol/codes.ts";
import { parseCursor } from "../../src/protocol/ids.ts";
import type { Capability, HistoryReply, ServerMessage } from "../../src/protocol/messages.ts";
import { CLIENT_OUTBOX_MAX } from "../../src/protocol/speech-limits.ts";
import type { Setting } from "../../src/room/inputs.ts";
import { hold } from "./broken.ts";
import type { Expected } from "./checkers/refusals.ts";
import { fieldOf, foresees, outgoingOf } from "./game.ts";
import { Holder } from "./holder.ts";
import { resultOf } from "./kinds.ts";
import { Page } from "./page.ts";
import { Timer } from "./timer.ts";
import { Wire } from "./wire.ts";
import type { World } from "./world.ts";

const OPEN = 1;
/** Refusals of the moment, which a client keeps to itself: it sends the same again. */
const PASSING: ReadonlySet<string> = new Set(["rate_limited", "overloaded", "internal"]);

export interface Character {
	/** The member's id; two people may be one member with two windows. */
	member: string;
	can: readonly Capability[];
	/** The hash of a guest's address; null for everyone else. */
	address: string | null;
	/** How many past events it wants. */
	history: number;
	/** How long its tokens live, ms; null for ever. */
	tokenMs: number | null;
}

/** A publish that the room acknowledged. */
export interface Acknowledged {
	epoch: string;
	seq: number;
	member: string;
	id: string;
}

export class Person {
	readonly name: string;
	readonly character: Character;
	readonly #world: World;
	connection: Connection | null = null;
	page: Page | null = null;
	wire: Wire | null = null;
	/** The asks without an answer, by id. */
	readonly asks = new Map<string, Asked>();
	/** Ids that were published, with what they named. */
	readonly published: Extract<Asked, { type: "publish" }>[] = [];
	/** The moves that its page showed before the room had them. */
	readonly #foreseen = new Set<string>();
	/** What it has set. */
	readonly sets: Setting[] = [];
	readonly #holder: Holder;
	#openToken = 0;
	/** A cursor that no client of ours would send: one by hand may. */
	#oddSince: string | null = null;

	constructor(name: string, character: Character, world: World) {
		this.name = name;
		this.character = character;
		this.#world = world;
		this.#holder = new Holder(character.member, world.jury.state);
	}

	get isStopped(): boolean {
		return this.connection === null || this.connection.state.kind === "stopped";
	}

	get isLive(): boolean {
		return this.connection?.state.kind === "live";
	}

	/** Opens the page: anew, or at a cursor. */
	join(since: string | null): void {
		if (!this.isStopped || this.#world.isOver) return;
		const { ledger } = this.#world.jury;
		const page = new Page(this.name, ledger, since);
		this.#oddSince = since !== null && parseCursor(since) === null ? since : null;
		this.page = page;
		const { clock } = this.#world;
		const timer = new Timer(clock, () => {
			if (this.page === page) this.connection?.wake();
		});
		this.connection = new Connection(
			{
				now: () => clock.now,
				date: () => clock.now,
				random: () => this.#world.random.fraction(),
				newId: () => this.#world.newId(this.character.member),
				canRenewToken: () => this.character.tokenMs !== null,
				open: (since) => this.#open(since),
				send: (text) => this.#send(text),
				unsentBytes: () => 0,
				soon: (run) => (this.#world.plan.isGathering ? queueMicrotask(run) : run()),
				close: () => this.#close(),
				wakeAt: (at) => timer.set(at),
				changed: () => {},
				message: (message) => page.heard(message),
			},
			since,
			outgoingOf(this.#world.plan.seed),
		);
		this.connection.start();
	}

	/** Closes the page. */
	leave(): void {
		this.connection?.leave();
	}

	#close(): void {
		this.#openToken++;
		const { wire } = this;
		this.wire = null;
		wire?.memberCloses();
	}

	#open(since: string | null): void {
		this.#close();
		const token = this.#openToken;
		const { clock, random } = this.#world;
		clock.after(1 + random.below(30), () => {
			if (token !== this.#openToken) return;
			this.connection?.reaching();
			this.#knock(since, token);
		});
	}

	/** The upgrade reaches the room. */
	#knock(given: string | null, token: number): void {
		const isForeseeing = foresees(this.#world.plan.seed);
		// What is held of the state is the holder's to say, which outlives a page. Now and then one comes back as a client does that keeps no entries.
		const isOwn = given === null || this.#oddSince !== null || isForeseeing;
		const cursor = isOwn ? given : given.split(".", 2).join(".");
		const isHolding = this.#world.plan.hasState && this.#openToken % 4 !== 3;
		const isHolders = isHolding && cursor !== null && !isForeseeing;
		const since = (isHolders ? this.#holder.cursor(cursor) : cursor) ?? this.#oddSince;
		this.#oddSince = null;
		const { clock, random, platform } = this.#world;
		const { member, can, address, history, tokenMs } = this.character;
		const expiresAt = tokenMs === null ? null : clock.roomNow + tokenMs;
		const isMine = (): boolean => token === this.#openToken;
		const wire = new Wire(
			this.#world.nextWire(),
			{ member, since, history, can, address, expiresAt },
			clock,
			random,
			{
				toRoom: this.#world.roomEnd,
				toMember: {
					opened: () => {
						// One that was refused has reached the Worker and no further.
						if (!isRefused) {
							// The page was closed while its socket opened: so is that.
							if (!isMine()) return wire.memberCloses();
							this.wire = wire;
							wire.memberSends("ping");
						}
						if (isMine()) this.connection?.opened();
					},
					heard: (text) => {
						if (isMine() && this.#world.plan.hasState && !isForeseeing && text.startsWith("["))
							for (const message of JSON.parse(text) as ServerMessage[]) this.#holder.heard(message);
						if (isMine()) this.connection?.heard(text);
					},
					closed: (code, reason) => {
						if (!isMine()) return;
						this.wire = null;
						this.connection?.closed(code, reason);
					},
				},
			},
			this.#world.plan.scale,
		);
		let isAnswered = false;
		let isRefused = false;
		const answerMs = 1 + random.below(20);
		wire.opens(answerMs);
		platform.guard(() => {
			const refusal = platform.join(
				{
					member,
					name: this.name,
					can,
					since,
					history,
					address,
					host: "host",
					expiresAt,
					resume: null,
				},
				wire,
			);
			isAnswered = true;
			if (refusal === null) return;
			isRefused = true;
			clock.after(answerMs, () => {
				if (!isMine()) return;
				// The Worker accepts a browser's socket to say why, and closes it.
				this.#world.jury.refusals.refused(refusal, this.name);
				this.#world.coverage.count("close", String(closeCodeOfRefusedJoin(refusal.code)));
				this.connection?.heard(JSON.stringify([{ type: "error", ...refusal }]));
				this.connection?.closed(closeCodeOfRefusedJoin(refusal.code), refusal.code);
			});
		});
		// One that was accepted is told by its wire.
		if (!isAnswered && wire.readyState === OPEN)
			clock.after(answerMs, () => {
				if (isMine()) this.connection?.closed(1006, "");
			});
	}

	#send(text: string): void {
		this.wire?.memberSends(text);
	}

	// What it asks for.

	ask(message: Asked): void {
		const { connection } = this;
		if (connection === null || this.isStopped || this.asks.has(message.id)) return;
		const { jury } = this.#world;
		jury.refusals.used(message.id);
		const { can, member } = this.character;
		if (message.type !== "history" && !can.includes(message.type))
			jury.access.forbidden(member, message.id, message.type);
		// A card is told to everyone.
		if (message.type === "job" && message.name === "card" && !can.includes("publish"))
			jury.access.forbidden(member, message.id, "job");
		if (message.type === "publish") {
			const { id, name, data, expect } = message;
			jury.idempotency.published(member, id, name, data, expect);
			this.published.push(message);
		}
		const isFull = this.asks.size >= CLIENT_OUTBOX_MAX;
		this.asks.set(message.id, message);
		connection.ask(message).then(
			(answer) => this.#world.judge(() => this.#answered(message, answer)),
			(error: unknown) => this.#world.judge(() => this.#refused(message, error, isFull)),
		);
		this.#foresaw(message);
	}

	/** Whose page runs the rules itself sees its own move at once, where nothing that it knows speaks against that. */
	#foresaw(message: Asked): void {
		const { entries } = this.connection ?? {};
		const field = fieldOf(message);
		if (entries === undefined || field === null || !foresees(this.#world.plan.seed)) return;
		if (entries.told(field).value !== null || entries.at(field).value !== this.character.member) return;
		this.#foreseen.add(message.id);
		this.#world.coverage.reach("rules", "a page foresaw a move");
	}

	#answered(message: Asked, answer: unknown): void {
		this.asks.delete(message.id);
		const { member } = this.character;
		const { ledger } = this.#world.jury;
		if (message.type === "publish") {
			const { seq } = answer as { seq: number };
			const epoch = this.connection?.welcome?.epoch ?? "";
			const event = ledger.event(epoch, seq);
			hold(
				event?.from === member && event.id === message.id,
				"G3",
				() => `${this.name} published ${message.id} and was told ${seq}, which is ${event?.body}`,
			);
			this.#world.acknowledged.push({ epoch, seq, member, id: message.id });
		} else if (message.type === "job") {
			const result = JSON.stringify(resultOf(message.name, message.data));
			// What came of an erased member's jobs is gone.
			const isErased = answer === null && this.#world.backend.erased.has(member);
			hold(
				isErased || JSON.stringify(answer) === result,
				"G5",
				() => `${this.name} asked for ${message.name} and got ${JSON.stringify(answer)}, not ${result}`,
			);
		} else {
			this.#world.jury.order.page(this.name, message, answer as HistoryReply);
		}
	}

	/** `isFull`: its own outbox could take no more. */
	#refused(message: Asked, error: unknown, isFull: boolean): void {
		this.asks.delete(message.id);
		if (this.#foreseen.delete(message.id)) this.#world.coverage.reach("rules", "what a page foresaw was undone");
		hold(error instanceof RoomError, "G8", () => `${this.name} was refused with ${String(error)}`);
		hold(
			isFull || !PASSING.has(error.code),
			"G3",
			() => `${this.name} was told ${error.code} of ${message.id}, which is to be sent again`,
		);
		if (message.type === "publish" && error.code === "rejected") {
			hold(
				message.name === "held" || message.name === "lenient" || message.name === "bet",
				"G5",
				() => `${this.name} published ${message.name} and was told that its check refused it`,
			);
		}
	}

	/** Sets entries: `isOne` in one frame, or each in its own. */
	set(sets: readonly Setting[], isOne: boolean): void {
		if (this.wire === null || !this.isLive) return;
		const { jury } = this.#world;
		for (const each of sets) {
			jury.refusals.used(each.id);
			jury.state.asked(this.character.member, each);
			this.sets.push(each);
		}
		const messages = sets.map((each) => ({ type: "set", ...each }));
		for (const frame of isOne ? [messages] : messages) this.wire.memberSends(JSON.stringify(frame));
	}

	/** Sends by hand what the client never would. */
	rawly(text: string | ArrayBuffer, expected: Expected | null): void {
		if (this.wire === null || !this.isLive) return;
		const { jury } = this.#world;
		if (expected?.id !== undefined) jury.refusals.used(expected.id);
		if (expected !== null) jury.awaitRefusal(this.wire, text, expected);
		this.wire.memberSends(text);
	}
}
