import { prefix } from "../room-name.ts";

/** The same room from one's own page: what a developer came to see. */
export function Snippet({ room }: { room: string }) {
	const host = location.origin + prefix;
	return (
		<section class="snippet" aria-labelledby="snippet">
			<h2 id="snippet">Or from your own page</h2>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
			<pre tabIndex={0}>
				<code>
					{`import { joinRoom } from "${host}/client.js";

const room = joinRoom("${host}/rooms/${room}");
room.on("event", ({ author, data }) => console.log(author, data));
room.publish("chat", { text: "Hello" });`}
				</code>
			</pre>
		</section>
	);
}
