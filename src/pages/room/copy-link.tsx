/** Copies the room's address, never with a fragment: a token stays with its owner. */
import { useRef, useState } from "hono/jsx/dom";

const SAID_MS = 2500;

export function CopyLink() {
	const [said, setSaid] = useState("");
	const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
	const say = (sentence: string): void => {
		setSaid(sentence);
		clearTimeout(timer.current);
		timer.current = setTimeout(() => setSaid(""), SAID_MS);
	};
	const copy = async (): Promise<void> => {
		try {
			await navigator.clipboard.writeText(location.origin + location.pathname);
			say("Copied");
		} catch {
			// Not granted, or a page without TLS, which has no clipboard at all.
			say("Copy it from the address bar");
		}
	};
	return (
		<button type="button" class="copy-link" onClick={() => void copy()} title="Copy the room’s link">
			<svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
				<path d="M8.5 11.5a3.5 3.5 0 0 0 5 0l2.5-2.5a3.54 3.54 0 0 0-5-5L9.8 5.2M11.5 8.5a3.5 3.5 0 0 0-5 0L4 11a3.54 3.54 0 0 0 5 5l1.2-1.2" />
			</svg>
			<span class={said === "" ? "wide" : "unseen"}>Copy link</span>
			<span role="status">{said}</span>
		</button>
	);
}
