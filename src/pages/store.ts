/** State that lives outside the components, and how a component follows it. */
import { useLayoutEffect, useState } from "hono/jsx/dom";

export abstract class Store {
	#version = 0;
	readonly #listeners = new Set<() => void>();

	/** Grows with each change. */
	get version(): number {
		return this.#version;
	}

	/** Calls the listener after each change; the function that it returns stops that. */
	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	protected changed(): void {
		this.#version++;
		for (const listener of this.#listeners) listener();
	}
}

/** Renders the component again whenever the store changes: once, however often it changed in a task. */
export function useStore<S extends Store>(store: S): S {
	const [, setVersion] = useState(store.version);
	// A layout effect, because an effect waits for an animation frame, which a hidden tab never has.
	useLayoutEffect(() => {
		setVersion(store.version);
		return store.subscribe(() => setVersion(store.version));
	}, [store]);
	return store;
}
