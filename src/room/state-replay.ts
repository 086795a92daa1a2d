/**
 * The state for one who catches up: in the order of its changes, a piece a turn, so that what changes meanwhile comes
 * after what was told. First all of it, or what changed after a version; then what the member alone sees; and when that
 * is told, what has changed since, until nothing has. A client's own version moves with the last part of what everyone
 * sees, so one that is cut off before what it alone sees is told all of that again when it comes back.
 */
import { PAGE_BYTES_MAX, REPLAY_FRAME_BYTES_MAX } from "../protocol/limits.ts";
import type { Rules } from "../protocol/rules.ts";
import { STATE_PIECE_ENTRIES_MAX } from "../protocol/state-limits.ts";
import type { Continuity } from "./resume.ts";
import type { Reading, Standing } from "./standing.ts";
import { encodeState } from "./state-parts.ts";
import type { StateRecord } from "./state-record.ts";
import type { Entry, Span, StateStore } from "./state-store.ts";
import type { Veil } from "./veil.ts";

interface Needs {
	store: StateStore;
	rules: Rules;
	stateRecord: StateRecord;
	veil: Veil;
}

interface Read {
	entries: Entry[];
	/** The version of the last that was looked at. */
	at: number;
	isLast: boolean;
}

/** A piece as it is told. */
interface Told {
	frames: readonly string[];
	at: number;
	isLast: boolean;
}

export interface Served {
	standing: Standing;
	frames: readonly string[];
}

export class StateReplay {
	readonly #room: Needs;
	/** This turn's pieces, by where they begin: many are at the same place, and share their frames. New each turn. */
	#pieces = new Map<string, Told>();

	constructor(needs: Needs) {
		this.#room = needs;
	}

	/** The turn is over. */
	end(): void {
		if (this.#pieces.size > 0) this.#pieces = new Map();
	}

	/** Where one stands who is welcomed so. */
	begin({ continuity, version }: Continuity): Standing {
		const { row } = this.#room.stateRecord;
		const isKnown = continuity === "resumed" && version !== undefined && version <= row.version;
		// Of the turn in which it was cut off it may have missed what it alone was to see.
		if (isKnown && version > row.forgotten) return { version, reading: this.#readingAfter(version, 0) };
		if (continuity === "fresh" && row.entries === 0) return { version: row.version, reading: null };
		return { version: 0, reading: this.#readingInFull() };
	}

	#readingAfter(version: number, ownAt: number): Reading {
		const { row } = this.#room.stateRecord;
		const told = { isBegun: false, isOwnBegun: false, isShared: version === row.version };
		return { at: version, ownAt, through: row.version, from: version, ...told };
	}

	#readingInFull(): Reading {
		const { row } = this.#room.stateRecord;
		return {
			at: 0,
			ownAt: 0,
			through: row.version,
			from: null,
			isBegun: false,
			isOwnBegun: false,
			isShared: false,
		};
	}

	/** What is still to be told; null where one who stands there has everything. */
	next({ version, reading }: Standing): Reading | null {
		const { row } = this.#room.stateRecord;
		const from = reading === null ? version : reading.from;
		// What it needs was forgotten meanwhile: it begins again.
		if (from !== null && from < row.forgotten && (reading !== null || version < row.version))
			return this.#readingInFull();
		if (reading !== null) return reading;
		return version === row.version ? null : this.#readingAfter(version, version);
	}

	/** The next piece for a member's session that stands there. */
	serve(standing: Standing, member: string): Served {
		let reading = this.next(standing);
		if (reading === null) return { standing, frames: [] };
		const frames: string[] = [];
		if (!reading.isShared) {
			const told = this.#pieceOf(reading);
			frames.push(...told.frames);
			reading = { ...reading, at: told.at, isBegun: reading.isBegun || told.frames.length > 0, isShared: told.isLast };
			if (!told.isLast) return { standing: { ...standing, reading }, frames };
		}
		const own = this.#ownPieceOf(reading, member);
		frames.push(...own.frames);
		if (own.isLast) return { standing: { version: reading.through, reading: null }, frames };
		reading = { ...reading, ownAt: own.at, isOwnBegun: reading.isOwnBegun || own.frames.length > 0 };
		return { standing: { ...standing, reading }, frames };
	}

	#pieceOf(reading: Reading): Told {
		const { at, through, from, isBegun } = reading;
		const name = `${at} ${through} ${from} ${isBegun}`;
		const known = this.#pieces.get(name);
		if (known !== undefined) return known;
		const dropsAfter = from ?? through;
		const piece = this.#read({ after: at, through, dropsAfter, owner: null });
		const entries = piece.entries.filter(({ key }) => this.#room.rules.entry(key)?.isOwn === false);
		const told = { ...piece, frames: framesOf(entries, piece, reading, from === null && !isBegun) };
		this.#pieces.set(name, told);
		return told;
	}

	/** Where it is told in full, its drops are told by that. */
	#ownPieceOf(reading: Reading, member: string): Told {
		const { ownAt, through, from, isOwnBegun } = reading;
		const piece = this.#read({ after: ownAt, through, dropsAfter: from === null ? through : 0, owner: member });
		const entries = piece.entries.filter(({ key }) => {
			const rule = this.#room.rules.entry(key);
			return rule?.isOwn === true && rule.owner === member;
		});
		if (entries.length === 0 && !(isOwnBegun && piece.isLast)) return { ...piece, frames: [] };
		return { ...piece, frames: framesOf(entries, piece, reading, false) };
	}

	#read(span: Span): Read {
		const { store, veil, stateRecord } = this.#room;
		if (stateRecord.row.entries + stateRecord.row.drops === 0) return { entries: [], at: span.through, isLast: true };
		const { entries, more } = store.pieceOf(span, STATE_PIECE_ENTRIES_MAX, PAGE_BYTES_MAX);
		const at = more ? (entries.at(-1)?.version ?? span.through) : span.through;
		return { entries: entries.filter((entry) => entry.bytes === null || !veil.hides(entry)), at, isLast: !more };
	}
}

/** None where a piece shows nothing and another follows: it says nothing that the next one does not. */
function framesOf(
	entries: readonly Entry[],
	{ isLast }: Read,
	{ through }: Reading,
	isFull: boolean,
): readonly string[] {
	if (entries.length === 0 && !isLast) return [];
	// In a frame of its own, which takes two characters.
	const telling = { version: through, bytesMax: REPLAY_FRAME_BYTES_MAX - 2, isFull, hasMore: !isLast };
	return encodeState(entries, telling).map((part) => `[${part}]`);
}
