/**
 * What the rules allow is all that ever was: the game is played again from the events that were committed, by rules that
 * are told here a second time, and what is stored must be what comes of it. Deadlines come once each, comings and goings
 * as the roster says, and dice are the room's own, none of them thrown twice.
 */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Entry } from "../../../src/client/room.ts";
import { ROOM_MEMBER } from "../../../src/protocol/ids.ts";
import type { Event } from "../../../src/protocol/messages.ts";
import { hold } from "../broken.ts";
import type { Clock } from "../clock.ts";
import type { Coverage } from "../coverage.ts";
import type { Commit } from "../disk.ts";
import { FIELDS, fieldKey, isSound, type Move, TICK_MS, TOCKS, UNDONE } from "../game.ts";
import type { Ledger } from "../ledger.ts";

/** How many throws may have been in vain between two that are told: of decisions that came to nothing after all. */
const IN_VAIN_MAX = 300;
const SALT = "salt";
/** The least that a deadline waits. */
const TOCK_MS = 1_000;

interface Due {
	data: string;
	/** By the room's clock, Unix ms. */
	at: number;
	/** By how much that clock had ever gone back when it was set, ms. */
	backMs: number;
}

class Game {
	/** By key, as JSON: of the game's alone. */
	entries = new Map<string, string>();
	readonly deadlines = new Map<string, Due>();
	readonly here = new Set<string>();
	/** Which of the epoch's throws was told last. */
	thrown = 0;

	number(key: string): number {
		return Number(this.entries.get(key) ?? 0);
	}

	set(key: string, value: unknown): void {
		if (value === null) this.entries.delete(key);
		else this.entries.set(key, JSON.stringify(value));
	}
}

export class GameCheck {
	readonly #ledger: Ledger;
	readonly #clock: Clock;
	readonly #coverage: Coverage;
	#game = new Game();
	/** What is stored of it. */
	#entries = new Map<string, string>();
	readonly #deadlines = new Map<string, Due>();
	/** The events that a rule published and that are still to be accounted for, by what they tell. */
	#told: Event[] = [];
	#now = 0;

	constructor(ledger: Ledger, clock: Clock, coverage: Coverage) {
		this.#ledger = ledger;
		this.#clock = clock;
		this.#coverage = coverage;
	}

	forgotten(): void {
		this.#game = new Game();
		this.#entries = new Map();
		this.#deadlines.clear();
	}

	/** Deadlines that are to come. */
	get pending(): number {
		return this.#game.deadlines.size;
	}

	/** What a page shows that runs the rules itself is, when nothing of its own is under way, what is stored. */
	compareShown(name: string, entries: readonly Entry[]): void {
		const shown = new Map(entries.map(({ key, value }) => [key, JSON.stringify(value)]));
		const show = (held: ReadonlyMap<string, string>): string => JSON.stringify([...held].sort());
		const [seen, stored] = [show(shown), show(this.#entries)];
		hold(seen === stored, "rules", () => `${name} shows ${seen}, and ${stored} is stored`);
	}

	/** After the ledger has it. */
	committed(commit: Commit): void {
		if (commit.isWiped) this.forgotten();
		this.#now = commit.now;
		if (commit.isStateWiped) [this.#game.entries, this.#entries] = [new Map(), new Map()];
		const events = commit.appended.map(({ body }) => JSON.parse(body) as Event);
		// What a turn says and takes back is not known any more.
		const isKnown = events.every(({ redacted }) => redacted !== true);
		this.#told = events.filter(({ from, of }) => from === ROOM_MEMBER && of !== undefined);
		if (isKnown) for (const event of events) this.#play(event, commit);
		this.#store(commit);
		if (!isKnown) return this.#resume();
		const [left] = this.#told;
		hold(left === undefined, "rules", () => `${JSON.stringify(left)} was published, and no rule did`);
		this.#compare();
	}

	#play(event: Event, commit: Commit): void {
		const { name, from } = event;
		const isRooms = from === ROOM_MEMBER;
		if (name === "move" && !isRooms) this.#move(event, commit);
		if (name === "bet" && !isRooms) this.#bet(event);
		if (isRooms && (name === "tick" || name === "tock")) this.#due(event);
		if (isRooms && (name === "came" || name === "went")) this.#comes(name, String(event.data));
	}

	#move(event: Event, { jobsAdded }: Commit): void {
		const game = this.#game;
		const { field, odd } = event.data as Move;
		const said = JSON.stringify(event);
		hold(!game.entries.has(fieldKey(field)), "rules", () => `the move ${said} takes a field that is taken`);
		hold(isSound({ field, odd }), "rules", () => `the move ${said} stands, and its rule does not let it`);
		const turn = game.number("game/turn") + 1;
		game.set("game/turn", turn);
		game.set(fieldKey(field), event.from);
		if (turn % FIELDS === 0) for (let each = 0; each < FIELDS; each++) game.set(fieldKey(each), null);
		if (odd === "cancels") game.deadlines.delete("tick");
		else this.#await("tick", turn, TICK_MS);
		const moved = this.#take(event);
		const told = moved?.data as { field: number; turn: number; dice: number } | undefined;
		hold(
			moved?.name === "moved" && moved.seq === event.seq + 1 && told?.field === field && told.turn === turn,
			"rules",
			() => `the move ${said} of turn ${turn} is followed by ${JSON.stringify(moved)}`,
		);
		this.#holdDice(told?.dice ?? -1);
		const asked = jobsAdded.filter(({ purpose, seq }) => purpose === "rule" && seq === event.seq);
		hold(asked.length === (odd === "asks" ? 1 : 0), "G5", () => `the move ${said} owes ${asked.length} jobs`);
		this.#coverage.reach("rules", odd === "asks" ? "a rule asked for a job" : "a move was allowed");
	}

	#take({ seq }: Event): Event | undefined {
		const index = this.#told.findIndex(({ of }) => of === seq);
		return index === -1 ? undefined : this.#told.splice(index, 1)[0];
	}

	/** It is one of the room's own throws, and comes after all that were told before. */
	#holdDice(dice: number): void {
		const epoch = this.#ledger.current?.name ?? "";
		const game = this.#game;
		for (let count = game.thrown + 1; count <= game.thrown + IN_VAIN_MAX; count++) {
			if (throwOf(epoch, count) !== dice) continue;
			game.thrown = count;
			return;
		}
		hold(false, "rules", () => `${dice} is none of the throws of ${epoch} after its ${game.thrown}th`);
	}

	#bet(event: Event): void {
		const isSoundBet = event.data !== "odd bet" && event.data !== "rude";
		hold(isSoundBet, "rules", () => `the bet ${JSON.stringify(event)} stands, and its rule does not let it`);
		this.#game.set("game/bets", this.#game.number("game/bets") + 1);
		this.#coverage.reach("rules", "a held event was decided on");
	}

	#due({ name, data }: Event): void {
		const game = this.#game;
		const due = game.deadlines.get(name);
		const said = JSON.stringify(data);
		hold(due?.data === said, "rules", () => `the deadline ${name} of ${said} came, where ${due?.data} is awaited`);
		// One that came before any turn had written how far the clock had stepped back.
		const earlyMs = due.at - this.#now - (this.#clock.backMs - due.backMs);
		hold(earlyMs <= 0, "rules", () => `the deadline ${name} came ${earlyMs} ms early`);
		game.deadlines.delete(name);
		this.#coverage.reach("rules", "a deadline came");
		if (name === "tock" && Number(data) > 1) this.#await("tock", Number(data) - 1, TOCK_MS);
		if (name !== "tick") return;
		if (Number(data) % 3 === 0) return this.#coverage.reach("rules", "what a deadline did was undone");
		game.set("game/ticks", game.number("game/ticks") + 1);
		this.#await("tock", TOCKS, TOCK_MS);
	}

	#await(name: string, count: number, ms: number): void {
		this.#game.deadlines.set(name, { data: String(count), at: this.#now + ms, backMs: this.#clock.backMs });
	}

	#comes(name: "came" | "went", member: string): void {
		const { here } = this.#game;
		if (name === "came") {
			hold(!here.has(member), "rules", () => `${member} came, and was here`);
			here.add(member);
		} else {
			hold(here.delete(member), "rules", () => `${member} went, and was not here`);
			hold(member !== UNDONE, "rules", () => `the going of ${member} is told, and was undone`);
		}
		this.#coverage.reach("rules", name === "came" ? "a coming was told" : "a going was told");
	}

	#store({ entries, deadlines }: Commit): void {
		for (const { key, value } of entries) {
			if (!key.startsWith("game/")) continue;
			if (value === null) this.#entries.delete(key);
			else this.#entries.set(key, value);
		}
		for (const { name, row } of deadlines) {
			if (row === null) this.#deadlines.delete(name);
			else this.#deadlines.set(name, { data: row.data, at: row.at, backMs: this.#clock.backMs });
		}
	}

	/** Goes on from what is stored. */
	#resume(): void {
		this.#game.entries = new Map(this.#entries);
		this.#game.deadlines.clear();
		for (const [name, due] of this.#deadlines) this.#game.deadlines.set(name, { ...due });
		this.#game.here.clear();
		for (const member of this.#ledger.roster.keys()) this.#game.here.add(member);
	}

	#compare(): void {
		const game = this.#game;
		const show = (entries: ReadonlyMap<string, string>): string => JSON.stringify([...entries].sort());
		hold(
			show(game.entries) === show(this.#entries),
			"rules",
			() => `the rules make of it ${show(game.entries)}, and ${show(this.#entries)} is stored`,
		);
		const names = (deadlines: ReadonlyMap<string, Due>): string =>
			JSON.stringify([...deadlines].map(([name, { data }]) => [name, data]).sort());
		hold(
			names(game.deadlines) === names(this.#deadlines),
			"rules",
			() => `the deadlines ${names(game.deadlines)} are awaited, and ${names(this.#deadlines)} are stored`,
		);
		// Where the clock stepped back each waits no longer than it was to wait.
		for (const [name, due] of game.deadlines) {
			const { at } = this.#deadlines.get(name) ?? due;
			const early = due.at - at;
			const mayBe = this.#clock.backMs - due.backMs;
			hold(
				early >= 0 && early <= mayBe,
				"rules",
				() => `the deadline ${name} is stored ${early} ms early, not ${mayBe}`,
			);
			due.at = at;
		}
		const { roster } = this.#ledger;
		game.here.forEach((member) => {
			if (member === UNDONE && !roster.has(member)) game.here.delete(member);
		});
		const isTrue = game.here.size === roster.size && [...game.here].every((member) => roster.has(member));
		hold(isTrue, "rules", () => `${[...game.here]} have come, and ${[...roster.keys()]} are here`);
	}
}

/** The first number of that decision. */
function throwOf(epoch: string, count: number): number {
	const digest = hmac(sha256, utf8ToBytes(SALT), utf8ToBytes(`dice ${epoch} ${count} 1`));
	const bits = new DataView(digest.buffer).getBigUint64(0);
	return (Number(bits >> 37n) * 2 ** 26 + Number((bits & 0xffffffffn) >> 6n)) / 2 ** 53;
}
