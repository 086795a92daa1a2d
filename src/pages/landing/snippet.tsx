/** The same room from one's own page: what a developer came to see. */
import { useRef, useState } from "hono/jsx/dom";
import { prefix } from "../room-name.ts";

const SAID_MS = 2500;

export function Snippet({ room }: { room: string }) {
	const host = location.origin + prefix;
	const code = `import { joinRoom } from "${host}/client.js";

const room = joinRoom("${host}/rooms/${room}");
room.on("event", ({ author, data }) => console.log(author, data));
room.publish("chat", { text: "Hello" });`;
	const shown = useRef<HTMLElement>(null);
	const [said, setSaid] = useState("");
	const copy = async (): Promise<void> => {
		try {
			await navigator.clipboard.writeText(code);
			setSaid("Copied");
		} catch {
			// Not granted, or a page without TLS, which has no clipboard at all: a key away then.
			if (shown.current !== null) getSelection()?.selectAllChildren(shown.current);
			setSaid("Selected: copy it now");
		}
		setTimeout(() => setSaid(""), SAID_MS);
	};
	return (
		<section class="snippet" aria-labelledby="snippet">
			<h2 id="snippet">Or from your own page</h2>
			<div class="code">
				<pre>
					<code ref={shown}>{code}</code>
				</pre>
				<p>
					<span role="status">{said}</span>
					<button type="button" class="plain" onClick={() => void copy()}>
						Copy
					</button>
				</p>
			</div>
		</section>
	);
}
