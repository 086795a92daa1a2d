/** Who listens to one part of what is shown. */
export class Listeners {
	readonly #all = new Set<() => void>();

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#all.add(listener);
		return () => this.#all.delete(listener);
	};

	tell(): void {
		for (const listener of this.#all) listener();
	}

	get isEmpty(): boolean {
		return this.#all.size === 0;
	}
}
