/** What a page goes through: hidden and shown, left and taken from the browser's cache, off the network and on it. */

/** What the connection does about it. */
export interface PageLife {
	/** The page is back, or the network. */
	back(): void;
	/** The network is gone. */
	offline(): void;
	/** The page is left: for good, or into the cache. */
	hidden(): void;
}

/** Follows the page, where there is one; the function that it returns stops. */
export function followPage(life: PageLife): () => void {
	if (typeof document === "undefined" || typeof addEventListener !== "function") return () => {};
	const over = new AbortController();
	const { signal } = over;
	const visible = (): void => {
		if (document.visibilityState === "visible") life.back();
	};
	document.addEventListener("visibilitychange", visible, { signal });
	addEventListener("online", visible, { signal });
	addEventListener("offline", () => life.offline(), { signal });
	addEventListener("pagehide", () => life.hidden(), { signal });
	// Also tells of a page that was only just loaded: that one has begun by itself.
	addEventListener("pageshow", ({ persisted }) => persisted && life.back(), { signal });
	return () => over.abort();
}
