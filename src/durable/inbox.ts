/**
 * What has arrived since the last turn. Bounded: what does not fit is refused, not forgotten. It waits as the text
 * that it came as, because what a text is decoded to may weigh thirty times as much; the turn that takes it decodes it.
 */
import {
	INBOX_ADDRESS_BYTES_MAX,
	INBOX_BYTES_MAX,
	INBOX_MESSAGES_MAX,
	INBOX_SESSION_BYTES_MAX,
	MESSAGE_EFFORT,
	TURN_ADDRESS_EFFORT_MAX,
	TURN_ALONE_EFFORT_MAX,
	TURN_EFFORT_MAX,
	TURN_JOINS_MAX,
	TURN_ROUND_EFFORT,
	TURN_SESSION_EFFORT_MAX,
} from "../protocol/limits.ts";
import { effortOf } from "../protocol/weight.ts";
import type { Input } from "../room/inputs.ts";
import { turnBytesFor } from "../room/turn-bytes.ts";

/** Whose share of the inbox something takes. */
export interface Owner {
	/** A session's id, or a member's where it comes over HTTP. */
	session: string;
	/** The keyed hash of a guest's network address; null for everyone else. */
	address: string | null;
}

/** What something weighs, known before it is decoded. */
export interface Weight {
	messages: number;
	/** Of its text: UTF-16 units, which are the bytes of most texts. */
	bytes: number;
	/** What it takes to decode and handle it, in units of text. */
	effort: number;
	/** Null for what the platform itself has to say. */
	owner: Owner | null;
}

/** What a text weighs that is one message. */
export function weigh(text: string, owner: Owner | null): Weight {
	return weighFrame({ messages: 1, bytes: text.length, effort: effortOf(text) }, owner);
}

/** What a frame weighs, of which it is known what it takes to decode it. */
export function weighFrame({ messages, bytes, effort }: Omit<Weight, "owner">, owner: Owner | null): Weight {
	return { messages, bytes, effort: effort + messages * MESSAGE_EFFORT, owner };
}

interface Waiting extends Weight {
	/** Who has a share, by the names under which it is counted. */
	names: readonly string[];
	read: () => Input;
	isJoin: boolean;
}

const NOTHING: Weight = { messages: 1, bytes: 0, effort: 0, owner: null };
const NOBODY: readonly string[] = [];

export class Inbox {
	#waiting: Waiting[] = [];
	#messages = 0;
	#bytes = 0;
	#effort = 0;
	#joins = 0;
	/** Bytes that wait, by their owners; kept only from when shares bind until all is taken. */
	#shares: Map<string, number> | null = null;

	get length(): number {
		return this.#waiting.length;
	}

	/** True where this would pass a bound: the inbox's own or, while that is over half full, a share of it. */
	isFullFor({ messages, bytes, owner }: Omit<Weight, "effort">): boolean {
		const [allMessages, allBytes] = [this.#messages + Math.max(1, messages), this.#bytes + bytes];
		if (allMessages > INBOX_MESSAGES_MAX || allBytes > INBOX_BYTES_MAX) return true;
		if (owner === null || allBytes <= INBOX_BYTES_MAX / 2) return false;
		const shares = this.#shares ?? this.#sharesNow();
		if ((shares.get(owner.session) ?? 0) + bytes > INBOX_SESSION_BYTES_MAX) return true;
		return owner.address !== null && (shares.get(`@${owner.address}`) ?? 0) + bytes > INBOX_ADDRESS_BYTES_MAX;
	}

	/** What is known already: it weighs next to nothing, and is never refused. */
	put(input: Input): void {
		// What concerns a session comes after what that session has said.
		const owner = "session" in input ? { session: input.session, address: null } : null;
		this.#add({ ...NOTHING, owner, names: namesOf(owner), read: () => input, isJoin: input.type === "join" });
	}

	/** What is to be decoded when it is taken. A frame without a message takes a place all the same. */
	putText(weight: Weight, read: () => Input): void {
		const messages = Math.max(1, weight.messages);
		this.#add({ ...weight, messages, names: namesOf(weight.owner), read, isJoin: false });
	}

	#add(waiting: Waiting): void {
		this.#waiting.push(waiting);
		this.#weigh(waiting, 1);
	}

	#sharesNow(): Map<string, number> {
		this.#shares = new Map();
		for (const { names, bytes } of this.#waiting) this.#share(names, bytes);
		return this.#shares;
	}

	#weigh({ messages, bytes, effort, names, isJoin }: Waiting, sign: 1 | -1): void {
		if (isJoin) this.#joins += sign;
		this.#messages += sign * messages;
		this.#bytes += sign * bytes;
		this.#effort += sign * effort;
		if (this.#shares !== null) this.#share(names, sign * bytes);
	}

	#share(names: readonly string[], bytes: number): void {
		if (bytes === 0 || this.#shares === null) return;
		for (const name of names) {
			const left = (this.#shares.get(name) ?? 0) + bytes;
			if (left > 0) this.#shares.set(name, left);
			else this.#shares.delete(name);
		}
	}

	/** Puts before everything else what the next turn must know before it sends. */
	putFirst(...inputs: readonly Input[]): void {
		if (inputs.length === 0) return;
		this.#waiting.unshift(...inputs.map((input) => ({ ...NOTHING, names: NOBODY, read: () => input, isJoin: false })));
		this.#messages += inputs.length;
	}

	/**
	 * What the next turn takes: everything, or so much that its shared part stays within its bound, and no more joins
	 * than it can welcome, which hold up nobody who is in already. Where not all of it fits, those who say much wait for
	 * those who say little, and each session keeps its order.
	 */
	take(audience: number): Input[] {
		const taken = this.isOver(audience) ? this.#choose(turnBytesFor(audience)) : this.#takeAll();
		return taken.map(({ read }) => read());
	}

	/** True where more waits than one turn takes. */
	isOver(audience: number): boolean {
		return this.#bytes > turnBytesFor(audience) || this.#effort > TURN_EFFORT_MAX || this.#joins > TURN_JOINS_MAX;
	}

	#takeAll(): Waiting[] {
		const taken = this.#waiting;
		[this.#waiting, this.#messages, this.#bytes, this.#effort, this.#joins] = [[], 0, 0, 0, 0];
		this.#shares = null;
		return taken;
	}

	#choose(bytesMax: number): Waiting[] {
		const portion = new Portion(bytesMax);
		const rounds = inRounds(this.#waiting);
		portion.fill(rounds, TURN_EFFORT_MAX, TURN_ADDRESS_EFFORT_MAX);
		// What others leave is for those of one address too, where they are many: a school, or a test of the room's load.
		portion.fill(rounds, TURN_ALONE_EFFORT_MAX, TURN_ALONE_EFFORT_MAX);
		const { taken: chosen } = portion;
		// What comes in one turn comes as it arrived.
		const taken = this.#waiting.filter((waiting) => chosen.has(waiting));
		this.#waiting = this.#waiting.filter((waiting) => !chosen.has(waiting));
		for (const waiting of taken) this.#weigh(waiting, -1);
		return taken;
	}
}

/** What one turn takes of more than it can. */
class Portion {
	readonly taken = new Set<Waiting>();
	readonly #bytesMax: number;
	/** What sessions and addresses have had of it, in effort. */
	readonly #had = new Map<string, number>();
	#bytes = 0;
	#effort = 0;
	#joins = 0;

	constructor(bytesMax: number) {
		this.#bytesMax = bytesMax;
	}

	/** Takes what fits, beside what it has, until it is full: of each session in its order. May be asked again, with wider bounds. */
	fill(rounds: readonly Waiting[], effortMax: number, addressMax: number): void {
		/** Sessions the rest of whose part waits. */
		const later = new Set<string>();
		for (const waiting of rounds) {
			const session = waiting.owner?.session;
			if (this.taken.has(waiting) || (session !== undefined && later.has(session))) continue;
			const [bytes, effort] = [this.#bytes + waiting.bytes, this.#effort + waiting.effort];
			if (this.taken.size > 0 && (bytes > this.#bytesMax || effort > effortMax)) return;
			if (this.#isPastShare(waiting, addressMax) || (waiting.isJoin && this.#joins === TURN_JOINS_MAX)) {
				if (session !== undefined) later.add(session);
				continue;
			}
			[this.#bytes, this.#effort] = [bytes, effort];
			if (waiting.isJoin) this.#joins++;
			for (const name of waiting.names) this.#had.set(name, (this.#had.get(name) ?? 0) + waiting.effort);
			this.taken.add(waiting);
		}
	}

	/** True where one who has had something of it would have more than its share; what is first is always taken. */
	#isPastShare({ names: [session, address], effort }: Waiting, addressMax: number): boolean {
		return this.#isMore(session, effort, TURN_SESSION_EFFORT_MAX) || this.#isMore(address, effort, addressMax);
	}

	#isMore(name: string | undefined, effort: number, most: number): boolean {
		const had = name === undefined ? 0 : (this.#had.get(name) ?? 0);
		return had > 0 && had + effort > most;
	}
}

function namesOf(owner: Owner | null): readonly string[] {
	if (owner === null) return NOBODY;
	return owner.address === null ? [owner.session] : [owner.session, `@${owner.address}`];
}

/**
 * The oldest first, so that nobody waits for ever; then by how much there is of their owners up to their own ends: one
 * who says little comes before those who say much, however long their queue. A session's own keep their order.
 */
function inRounds(all: readonly Waiting[]): Waiting[] {
	const rounds: Waiting[][] = [];
	const saidBy = new Map<string, number>();
	const latest = new Map<string, number>();
	for (const waiting of all) {
		const { owner, names, effort } = waiting;
		let round = 0;
		for (const name of names) {
			const said = (saidBy.get(name) ?? 0) + effort;
			saidBy.set(name, said);
			round = Math.max(round, Math.floor(said / TURN_ROUND_EFFORT));
		}
		if (waiting === all[0]) round = 0;
		if (owner !== null) {
			round = Math.max(round, latest.get(owner.session) ?? 0);
			latest.set(owner.session, round);
		}
		const others = rounds[round];
		if (others === undefined) rounds[round] = [waiting];
		else others.push(waiting);
	}
	return rounds.flat();
}
