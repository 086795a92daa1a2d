/**
 * The load generator for entries of a state: each member has keys of its own, and sets each of them anew as soon as it
 * sees what it set last. What all are told alike is read once; on every other socket it is compared with that, byte by
 * byte. What differs is a fault, and is counted.
 */
import { type Faults, faultless } from "./load.ts";

/** A key that was set, and to what. */
export type Change = readonly [key: string, value: number];

/** One member in a room. */
export interface Line {
	/** What one task sets. */
	set(changes: readonly Change[]): void;
	close(): void;
}

/** How members of a room come in, and how what they hear is understood. */
export interface Lines {
	/** Comes in; from then on `hear` gets of each frame its size and what in it all are told alike, null where nothing is. */
	open(hear: (bytes: number, shared: Uint8Array | null) => void): Promise<Line>;
	/** What is shown by that. Each is asked about once, in its order. */
	read(shared: Uint8Array): readonly Change[];
}

export class Sets {
	readonly #lines: Lines;
	readonly #members: Line[] = [];
	/** What all are told, in the one order, and what of it is whose: which of their keys it shows, by member. */
	readonly #log: { shared: Uint8Array; own: Map<number, string[]> }[] = [];
	readonly #places: number[] = [];
	/** What each key was set to last, and when, ms. */
	readonly #sent = new Map<string, { value: number; at: number }>();
	readonly #shown = new Map<string, number>();
	readonly #faults: Faults = { ...faultless };
	#isOn = true;
	/** Sets that their members have seen, and how long each took, ms. */
	seen: number[] = [];
	/** All that all members heard. */
	bytes = 0;

	constructor(lines: Lines) {
		this.#lines = lines;
	}

	async join(count: number): Promise<void> {
		for (let member = 0; member < count; member++) {
			this.#places.push(0);
			this.#members.push(await this.#lines.open((bytes, shared) => this.#hear(member, bytes, shared)));
		}
	}

	/** Every member sets as many keys, and goes on with each until the end. */
	begin(keys: number): void {
		for (const member of this.#members.keys())
			this.#set(
				member,
				Array.from({ length: keys }, (_, n) => `m${member}/${n}`),
			);
	}

	#set(member: number, keys: readonly string[]): void {
		const changes = keys.map((key): Change => [key, (this.#sent.get(key)?.value ?? 0) + 1]);
		const at = performance.now();
		for (const [key, value] of changes) this.#sent.set(key, { value, at });
		this.#members[member]?.set(changes);
	}

	#hear(member: number, bytes: number, shared: Uint8Array | null): void {
		this.bytes += bytes;
		if (shared === null || this.#sent.size === 0) return;
		const place = this.#places[member] ?? 0;
		this.#places[member] = place + 1;
		const known = this.#log[place];
		if (known === undefined) this.#log.push({ shared, own: this.#read(shared) });
		else if (Buffer.compare(known.shared, shared) !== 0) this.#faults.reordered++;
		const own = this.#log[place]?.own.get(member);
		if (own !== undefined) this.#see(member, own);
	}

	#read(shared: Uint8Array): Map<number, string[]> {
		const own = new Map<number, string[]>();
		for (const [key, value] of this.#lines.read(shared)) {
			const before = this.#shown.get(key) ?? 0;
			if (value < before) this.#faults.reordered++;
			if (value === before) this.#faults.doubled++;
			this.#shown.set(key, value);
			own.set(memberOf(key), [...(own.get(memberOf(key)) ?? []), key]);
		}
		return own;
	}

	#see(member: number, keys: readonly string[]): void {
		const now = performance.now();
		for (const key of keys) this.seen.push(now - (this.#sent.get(key)?.at ?? now));
		if (this.#isOn) return this.#set(member, keys);
		for (const key of keys) this.#sent.delete(key);
	}

	/** Nothing more is set; whatever nobody has seen after a while is lost. */
	async end(): Promise<Faults> {
		this.#isOn = false;
		for (let ms = 0; ms < 5_000 && this.#sent.size > 0; ms += 50) await new Promise((done) => setTimeout(done, 50));
		return { ...this.#faults, lost: this.#sent.size };
	}

	close(): void {
		for (const member of this.#members) member.close();
	}
}

/** Whose a key is: `m{member}/{n}`. */
function memberOf(key: string): number {
	return Number(key.slice(1, key.indexOf("/")));
}
