/** Another site, whose one page tries all that a page can with a room of somebody else's server. */
import { createServer, type Server } from "node:http";

const PAGE = `<!doctype html>
<title>trying</title>
<p id="said"></p>
<script type="module">
	const room = new URLSearchParams(location.search).get("room");
	const knock = (protocols) => new Promise((resolve) => {
		const socket = new WebSocket(room.replace("http", "ws"), protocols);
		socket.onmessage = () => { socket.close(); resolve("in"); };
		socket.onclose = ({ code }) => resolve(code);
	});
	const asked = (path, init) => fetch(room + path, init).then(({ status }) => status, () => "blocked");
	const body = JSON.stringify({ name: "chat", data: location.hostname });
	const post = { method: "POST", body, headers: { "Idempotency-Key": crypto.getRandomValues(new Uint32Array(4)).join("-") } };
	// A form needs no preflight.
	const form = { method: "POST", body, mode: "no-cors", headers: { "Content-Type": "text/plain" } };
	const framed = () => new Promise((resolve) => {
		const frame = document.createElement("iframe");
		frame.src = room;
		frame.onload = () => {
			// A page that may not be framed leaves an opaque document of no origin; one that may is of another.
			try { resolve(frame.contentDocument === null ? "blocked" : "shown"); } catch { resolve("shown"); }
		};
		document.body.append(frame);
	});
	const outcome = { bare: await knock([]), offered: await knock(["rotunda.v1"]), write: await asked("/events", post), read: await asked("", {}) };
	await asked("/events", form);
	said.textContent = JSON.stringify({ ...outcome, framed: await framed() });
	document.title = "done";
</script>`;

export class ForeignSite {
	readonly #server: Server;
	readonly #port: number;

	private constructor(server: Server, port: number) {
		this.#server = server;
		this.#port = port;
	}

	static async open(): Promise<ForeignSite> {
		const server = createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end(PAGE));
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const address = server.address();
		return new ForeignSite(server, typeof address === "object" && address !== null ? address.port : 0);
	}

	/** Its origin under one of the names that the browser was given. */
	origin(host: string): string {
		return `http://${host}:${this.#port}`;
	}

	close(): void {
		this.#server.close();
	}
}
