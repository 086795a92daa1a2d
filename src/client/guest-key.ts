/**
 * A guest's private key, kept as long as the tab: two tabs are two guests, and a reload is the same one. A tab that is
 * duplicated begins with a copy of the first one's storage; so a key is in use by one tab at a time, by a lock.
 */
type Locks = typeof import("./guest-lock.ts");

export class GuestKey {
	readonly #name: string;
	/** The key and whose it is; the guest is "" where an earlier release kept the key alone. */
	#kept: readonly [key: string, guest: string] | null = null;
	#isStored = false;
	#locked = "";
	#locks: Locks | null = null;

	/** @param room its address, without a query. */
	constructor(room: string) {
		this.#name = `rotunda ${room.replace(/^\w+:\/\//, "")}`;
	}

	/** The key to come back with; null for one who has none, or whose other tab is here with it. */
	async take(): Promise<string | null> {
		this.#kept ??= this.#read();
		const [key, guest] = this.#kept ?? [null, ""];
		// Where nothing is stored, as outside browsers, nobody can have copied it.
		if (!this.#isStored || !navigator?.locks || (key !== null && this.#locked === guest)) return key;
		// Loaded before there is a key: it is locked the moment that it can be copied. Without the code for it a
		// duplicated tab is the same guest: less harm than to lose the one that one is.
		const loading = import("./guest-lock.ts").catch(() => null);
		if (key === null) return null;
		this.#locked = guest;
		this.#locks ??= await loading;
		if (this.#locks === null || this.#locked === "" || (await this.#locks.lock(guest))) return key;
		this.release();
		this.#kept = null;
		return null;
	}

	#read(): [string, string] | null {
		try {
			const [key, guest = ""] = sessionStorage.getItem(this.#name)?.split(" ") ?? [];
			this.#isStored = true;
			return key === undefined ? null : [key, guest];
		} catch {
			return null;
		}
	}

	/** @param guest the member's id, as the welcome says it. */
	write(key: string, guest: string): void {
		this.#kept = [key, guest];
		try {
			sessionStorage.setItem(this.#name, this.#kept.join(" "));
			this.#isStored = true;
		} catch {
			// Not in a browser, or storage is forbidden: the key lives as long as this object.
			return;
		}
		void this.take();
	}

	/** Another tab may have it. */
	release(): void {
		if (this.#locked !== "") this.#locks?.unlock(this.#locked);
		this.#locked = "";
	}
}
