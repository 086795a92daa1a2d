/** What Rotunda is, and the door to a room. */
import { useState } from "hono/jsx/dom";
import { Door } from "./door.tsx";
import { Rotunda } from "./rotunda.tsx";
import { Snippet } from "./snippet.tsx";

export function Landing() {
	const [room, setRoom] = useState("lobby");
	return (
		<main class="landing">
			<Rotunda />
			<h1>Rotunda</h1>
			<p class="lead">
				A room at a URL. Everyone in it hears everyone else, in one order, and nothing that anyone has heard is lost.
			</p>
			<Door onName={setRoom} />
			<Snippet room={room} />
		</main>
	);
}
