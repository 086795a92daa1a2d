/**
 * Simulated time: what is to happen, in order. The room's own clock is another one, which may jump
 * ahead and a little back; everybody else's is the true one.
 */

interface Due {
	at: number;
	/** What is due at the same time happens in the order in which it was asked for. */
	order: number;
	run: () => void;
}

export const T0 = 1_700_000_000_000;

export class Clock {
	/** True time, Unix ms. */
	now = T0;
	/** By how much the room's clock is ahead, ms. */
	skewMs = 0;
	/** By how much it has ever gone back, ms. */
	backMs = 0;
	/** When it last jumped, by true time. */
	jumpedAt = Number.NEGATIVE_INFINITY;
	#agenda: Due[] = [];
	#order = 0;
	/** Told when the room's clock has jumped. */
	jumped: (isBack: boolean) => void = () => {};

	/** What the room takes for the time, Unix ms. */
	get roomNow(): number {
		return this.now + this.skewMs;
	}

	/** Like {@link roomNow}, on a clock that never goes back: between two looks a room may have counted as much, and no more. */
	get steadyNow(): number {
		return this.roomNow + this.backMs;
	}

	jump(ms: number): void {
		this.backMs += Math.max(0, -ms);
		this.jumpedAt = this.now;
		this.skewMs += ms;
		this.jumped(ms < 0);
	}

	after(ms: number, run: () => void): void {
		this.at(this.now + ms, run);
	}

	at(at: number, run: () => void): void {
		const due = { at: Math.max(at, this.now), order: this.#order++, run };
		const heap = this.#agenda;
		let index = heap.length;
		heap.push(due);
		while (index > 0) {
			const parent = (index - 1) >> 1;
			if (!isBefore(due, heap[parent] as Due)) break;
			heap[index] = heap[parent] as Due;
			index = parent;
		}
		heap[index] = due;
	}

	/** When the next thing is due; null where nothing is. */
	get nextAt(): number | null {
		return this.#agenda[0]?.at ?? null;
	}

	/** Lets the next thing happen. */
	tick(): void {
		const heap = this.#agenda;
		const first = heap[0];
		const last = heap.pop();
		if (first === undefined || last === undefined) return;
		if (heap.length > 0) sink(heap, last);
		this.now = first.at;
		first.run();
	}
}

function isBefore(a: Due, b: Due): boolean {
	return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function sink(heap: Due[], due: Due): void {
	let index = 0;
	for (;;) {
		let child = 2 * index + 1;
		if (child >= heap.length) break;
		if (child + 1 < heap.length && isBefore(heap[child + 1] as Due, heap[child] as Due)) child++;
		if (!isBefore(heap[child] as Due, due)) break;
		heap[index] = heap[child] as Due;
		index = child;
	}
	heap[index] = due;
}
