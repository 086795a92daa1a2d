/**
 * A guest's private key, kept as long as the tab: two tabs are two guests, and a reload is the same one. A tab that is
 * duplicated begins with a copy of the first one's storage; so a key is in use by one tab at a time, by a lock.
 */
import { GUEST_LOCK_MS_MAX } from "../protocol/limits.ts";

/** The locks that this page has, by guest, and how many rooms lean on each: a page may join a room twice. */
const locks = new Map<string, { rooms: number; isOurs: Promise<boolean>; release: () => void }>();

/** Holds the guest's lock for a room more. False where another tab has it. */
function lock(guest: string): Promise<boolean> {
	const held = locks.get(guest);
	if (held !== undefined) {
		held.rooms++;
		return held.isOurs;
	}
	const { promise: until, resolve: release } = Promise.withResolvers<void>();
	const { promise: isOurs, resolve: answer } = Promise.withResolvers<boolean>();
	// The page that is being reloaded may have it for a moment more.
	navigator.locks
		.request(`rotunda ${guest}`, { signal: AbortSignal.timeout(GUEST_LOCK_MS_MAX) }, () => {
			answer(true);
			return until;
		})
		.catch(() => answer(false));
	locks.set(guest, { rooms: 1, isOurs, release });
	return isOurs;
}

function unlock(guest: string): void {
	const held = locks.get(guest);
	if (held === undefined || --held.rooms > 0) return;
	locks.delete(guest);
	held.release();
}

export class GuestKey {
	readonly #name: string;
	/** The key and whose it is; the guest is "" where an earlier release kept the key alone. */
	#kept: { key: string; guest: string } | null = null;
	#isStored = false;
	#locked: string | null = null;

	/** @param room its address, without a query. */
	constructor(room: string) {
		this.#name = `rotunda ${room.replace(/^\w+:\/\//, "")}`;
	}

	/** The key to come back with; null for one who has none, or whose other tab is here with it. */
	async take(): Promise<string | null> {
		this.#kept ??= this.#read();
		const { key, guest } = this.#kept ?? { key: null, guest: "" };
		// Where nothing is stored, as outside browsers, nobody can have copied it.
		const mayBeCopied = this.#isStored && guest !== "" && typeof navigator?.locks?.request === "function";
		if (key === null || !mayBeCopied || this.#locked === guest) return key;
		this.#locked = guest;
		if (await lock(guest)) return key;
		this.release();
		this.#kept = null;
		return null;
	}

	#read(): { key: string; guest: string } | null {
		try {
			const [key, guest = ""] = sessionStorage.getItem(this.#name)?.split(" ") ?? [];
			this.#isStored = true;
			return key === undefined ? null : { key, guest };
		} catch {
			return null;
		}
	}

	/** @param guest the member's id, as the welcome says it. */
	write(key: string, guest: string): void {
		this.#kept = { key, guest };
		try {
			sessionStorage.setItem(this.#name, `${key} ${guest}`);
			this.#isStored = true;
		} catch {
			// Not in a browser, or storage is forbidden: the key lives as long as this object.
			return;
		}
		void this.take();
	}

	/** Another tab may have it. */
	release(): void {
		if (this.#locked !== null) unlock(this.#locked);
		this.#locked = null;
	}
}
