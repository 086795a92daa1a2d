/** One part of what components show, with listeners of its own: one who shows the members hears nothing of events. */
export class Part<T> {
	readonly #listeners = new Set<() => void>();
	/** What it was when it was made: what a server rendered. */
	readonly rendered: T;
	/** The same until it is another. */
	value: T;

	constructor(value: T) {
		this.rendered = this.value = value;
	}

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};

	get isHeard(): boolean {
		return this.#listeners.size > 0;
	}

	show(value: T): void {
		this.value = value;
		for (const listener of this.#listeners) listener();
	}
}
