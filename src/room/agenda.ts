/**
 * What is to come when: the first of it is known without a look at all of it, however much there is. A heap in which
 * what was moved or dropped stays until it comes to the top, or until more of it is stale than not.
 */

interface Entry<Key> {
	/** Unix ms. */
	at: number;
	key: Key;
}

export class Agenda<Key> {
	#heap: Entry<Key>[] = [];
	readonly #current = new Map<Key, Entry<Key>>();

	set(key: Key, at: number): void {
		if (this.#current.get(key)?.at === at) return;
		const entry = { at, key };
		this.#current.set(key, entry);
		if (this.#heap.length <= 2 * this.#current.size) this.#push(entry);
		else this.#heap = [...this.#current.values()].sort((a, b) => a.at - b.at);
	}

	drop(key: Key): void {
		this.#current.delete(key);
	}

	clear(): void {
		this.#heap = [];
		this.#current.clear();
	}

	/** When the first of it is to come; null where nothing is. */
	get first(): number | null {
		return this.#top()?.at ?? null;
	}

	/** What was to come by then, the earliest first, and no more of it than `limit`. It stays. */
	due(now: number, limit: number): Key[] {
		const due: Entry<Key>[] = [];
		for (let top = this.#top(); top !== undefined && top.at <= now && due.length < limit; top = this.#top()) {
			due.push(top);
			this.#pop();
		}
		for (const entry of due) this.#push(entry);
		return due.map(({ key }) => key);
	}

	#top(): Entry<Key> | undefined {
		let [top] = this.#heap;
		while (top !== undefined && this.#current.get(top.key) !== top) {
			this.#pop();
			[top] = this.#heap;
		}
		return top;
	}

	#push(entry: Entry<Key>): void {
		let place = this.#heap.push(entry) - 1;
		while (place > 0) {
			const above = (place - 1) >> 1;
			const parent = this.#heap[above];
			if (parent === undefined || parent.at <= entry.at) break;
			this.#heap[place] = parent;
			place = above;
		}
		this.#heap[place] = entry;
	}

	#pop(): void {
		const last = this.#heap.pop();
		if (last === undefined || this.#heap.length === 0) return;
		let place = 0;
		for (;;) {
			const child = this.#smallerChild(place);
			const entry = this.#heap[child];
			if (entry === undefined || entry.at >= last.at) break;
			this.#heap[place] = entry;
			place = child;
		}
		this.#heap[place] = last;
	}

	#smallerChild(place: number): number {
		const [left, right] = [2 * place + 1, 2 * place + 2];
		const [a, b] = [this.#heap[left], this.#heap[right]];
		return a !== undefined && b !== undefined && b.at < a.at ? right : left;
	}
}
