/**
 * What has arrived since the last turn. Bounded: what does not fit is refused, not forgotten. It waits as the text
 * that it came as, because what a text is decoded to may weigh thirty times as much; the turn that takes it decodes it.
 */
import {
	BUFFERED_BYTES_MAX,
	INBOX_ADDRESS_BYTES_MAX,
	INBOX_BYTES_MAX,
	INBOX_MESSAGES_MAX,
	INBOX_SESSION_BYTES_MAX,
	TURN_BYTES_MAX,
	TURN_JOINS_MAX,
	TURN_SESSION_BYTES_MAX,
} from "../protocol/limits.ts";
import type { Input } from "../room/inputs.ts";

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
	/** Null for what the platform itself has to say. */
	owner: Owner | null;
}

interface Waiting extends Weight {
	read: () => Input;
	isJoin: boolean;
}

const NOTHING: Weight = { messages: 1, bytes: 0, owner: null };

/** What a turn takes at most: so much that all sockets of its audience may be handed it at once. */
export function turnBytesFor(audience: number): number {
	return Math.min(TURN_BYTES_MAX, BUFFERED_BYTES_MAX / 4 / Math.max(1, audience));
}

export class Inbox {
	#waiting: Waiting[] = [];
	#messages = 0;
	#bytes = 0;
	#joins = 0;
	/** Bytes that wait, by their owners; kept only from when shares bind until all is taken. */
	#shares: Map<string, number> | null = null;

	get length(): number {
		return this.#waiting.length;
	}

	/** True where this would pass a bound: the inbox's own or, while that is over half full, a share of it. */
	isFullFor({ messages, bytes, owner }: Weight): boolean {
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
		this.#add({ ...NOTHING, owner, read: () => input, isJoin: input.type === "join" });
	}

	/** What is to be decoded when it is taken. A frame without a message takes a place all the same. */
	putText(weight: Weight, read: () => Input): void {
		this.#add({ ...weight, messages: Math.max(1, weight.messages), read, isJoin: false });
	}

	#add(waiting: Waiting): void {
		this.#waiting.push(waiting);
		this.#weigh(waiting, 1);
	}

	#sharesNow(): Map<string, number> {
		this.#shares = new Map();
		for (const { owner, bytes } of this.#waiting) this.#share(owner, bytes);
		return this.#shares;
	}

	#weigh({ messages, bytes, owner, isJoin }: Waiting, sign: 1 | -1): void {
		if (isJoin) this.#joins += sign;
		this.#messages += sign * messages;
		this.#bytes += sign * bytes;
		if (this.#shares !== null) this.#share(owner, sign * bytes);
	}

	#share(owner: Owner | null, bytes: number): void {
		if (owner === null || bytes === 0 || this.#shares === null) return;
		for (const name of owner.address === null ? [owner.session] : [owner.session, `@${owner.address}`]) {
			const left = (this.#shares.get(name) ?? 0) + bytes;
			if (left > 0) this.#shares.set(name, left);
			else this.#shares.delete(name);
		}
	}

	/** Puts before everything else what the next turn must know before it sends. */
	putFirst(...inputs: readonly Input[]): void {
		this.#waiting.unshift(...inputs.map((input) => ({ ...NOTHING, read: () => input, isJoin: false })));
		this.#messages += inputs.length;
	}

	/**
	 * What the next turn takes: everything, or so much that its shared part stays within its bound, and no more joins
	 * than it can welcome, which hold up nobody who is in already. Where not all of it fits, one session's part waits
	 * for the others', and keeps its order.
	 */
	take(audience: number): Input[] {
		const bytesMax = turnBytesFor(audience);
		const isAll = this.#bytes <= bytesMax && this.#joins <= TURN_JOINS_MAX;
		return (isAll ? this.#takeAll() : this.#choose(bytesMax)).map(({ read }) => read());
	}

	#takeAll(): Waiting[] {
		const taken = this.#waiting;
		[this.#waiting, this.#messages, this.#bytes, this.#joins] = [[], 0, 0, 0];
		this.#shares = null;
		return taken;
	}

	#choose(bytesMax: number): Waiting[] {
		const taken = this.#inTurn(bytesMax);
		const chosen = new Set(taken);
		this.#waiting = this.#waiting.filter((waiting) => !chosen.has(waiting));
		for (const waiting of taken) this.#weigh(waiting, -1);
		return taken;
	}

	#inTurn(bytesMax: number): Waiting[] {
		const taken: Waiting[] = [];
		/** What each has had of the turn; infinite where the rest of it waits. */
		const had = new Map<string, number>();
		let [bytes, joins] = [0, 0];
		for (const waiting of this.#waiting) {
			const name = waiting.owner?.session ?? "";
			const theirs = (had.get(name) ?? 0) + waiting.bytes;
			if (taken.length > 0 && bytes + waiting.bytes > bytesMax) break;
			const isJoinTooMany = waiting.isJoin && joins === TURN_JOINS_MAX;
			if (isJoinTooMany || (name !== "" && taken.length > 0 && theirs > TURN_SESSION_BYTES_MAX)) {
				had.set(name, Number.POSITIVE_INFINITY);
				continue;
			}
			had.set(name, theirs);
			bytes += waiting.bytes;
			if (waiting.isJoin) joins++;
			taken.push(waiting);
		}
		return taken;
	}
}
