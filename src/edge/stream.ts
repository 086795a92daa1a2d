/**
 * A room as a stream of server-sent events (HTML, 9.2), for those whom no WebSocket reaches. The Worker holds it over
 * an ordinary socket of the room, so that the room can sleep; whoever reads it has a session like everyone else.
 */
import { CLOSE } from "../protocol/codes.ts";
import { PAGE_EVENTS_DEFAULT, STREAM_PING_MS, STREAM_UNTAKEN_BYTES_MAX } from "../protocol/limits.ts";
import type { ServerMessage } from "../protocol/messages.ts";
import type { Admits } from "./access/caller.ts";
import { refusesOrigin, seat } from "./join.ts";
import { queryOf } from "./query.ts";
import { StreamCursor } from "./stream-cursor.ts";

/** Lets the request join the room, and answers with what its session hears. @throws Refused */
export async function stream(request: Request, name: string, env: Cloudflare.Env, app: Admits): Promise<Response> {
	const foreign = refusesOrigin(request, env);
	if (foreign !== null) return foreign;
	const offer = {
		protocol: null,
		token: null,
		resume: request.headers.get("Rotunda-Resume"),
		// Empty where a reader has seen nothing yet.
		since: request.headers.get("Last-Event-ID") || null,
		isForOperators: true,
	};
	const { webSocket } = await seat(offer, request, { name, env, app });
	if (webSocket === null) throw new Error("A seat comes with a socket.");
	const { readable, writable } = new IdentityTransformStream();
	const query = queryOf(request.url);
	const cursor = new StreamCursor({
		since: offer.since ?? query.get("since"),
		history: Number(query.get("history") ?? PAGE_EVENTS_DEFAULT),
		withoutState: query.get("state") !== null,
	});
	new Bridge(webSocket, writable, cursor).open();
	return new Response(readable, {
		headers: {
			"Content-Type": "text/event-stream",
			"Cache-Control": "no-store, no-transform",
			// What stands in between is not to gather it (nginx, ngx_http_proxy_module).
			"X-Accel-Buffering": "no",
		},
	});
}

/** Carries what a session hears from its socket to its reader, and ends both when either does. */
class Bridge {
	readonly #socket: WebSocket;
	readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
	readonly #text = new TextEncoder();
	readonly #cursor: StreamCursor;
	#isOver = false;
	/** Bytes that the reader has not taken yet. */
	#untaken = 0;
	/** Resolved when all of it is taken. */
	#taken: Promise<unknown> = Promise.resolve();

	constructor(socket: WebSocket, writable: WritableStream<Uint8Array>, cursor: StreamCursor) {
		this.#socket = socket;
		this.#cursor = cursor;
		this.#writer = writable.getWriter();
	}

	open(): void {
		const socket = this.#socket;
		socket.accept();
		socket.addEventListener("message", ({ data }) => this.#heard(String(data)));
		socket.addEventListener("close", ({ code, reason }) => this.#closed(code, reason));
		socket.addEventListener("error", () => this.#closed(1006, ""));
		this.#writer.closed.catch(() => this.#end(1000, "the stream's reader is gone"));
		void this.#live();
	}

	#heard(frame: string): void {
		if (frame === "pong") return;
		this.#write((JSON.parse(frame) as ServerMessage[]).map((message) => this.#eventOf(message)).join(""));
	}

	#eventOf(message: ServerMessage): string {
		const cursor = this.#cursor.after(message);
		const id = cursor === null ? "" : `id: ${cursor}\n`;
		return `${id}event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`;
	}

	/** The socket has closed: the reader is told, and then it is over. */
	#closed(code: number, reason: string): void {
		if (this.#isOver) return;
		this.#write(`event: close\ndata: ${JSON.stringify({ code, reason })}\n\n`);
		this.#end(1000, "");
		this.#writer.close().catch(() => {});
	}

	#write(text: string): void {
		if (this.#isOver) return;
		const bytes = this.#text.encode(text);
		this.#untaken += bytes.length;
		if (this.#untaken > STREAM_UNTAKEN_BYTES_MAX) {
			this.#end(CLOSE.tooSlow, "the stream's reader does not take what it is sent");
			// What waits is let go.
			this.#writer.abort().catch(() => {});
			return;
		}
		this.#taken = this.#writer.write(bytes).then(
			() => {
				this.#untaken -= bytes.length;
			},
			() => this.#end(1000, "the stream's reader is gone"),
		);
	}

	#end(code: number, reason: string): void {
		if (this.#isOver) return;
		this.#isOver = true;
		try {
			this.#socket.close(code, reason);
		} catch {
			// It is closed already.
		}
	}

	/** Life, for as long as somebody reads: one who takes nothing is not pinged for, and its session ends as any silent one. */
	async #live(): Promise<void> {
		while (!this.#isOver) {
			await scheduler.wait(STREAM_PING_MS);
			await this.#taken;
			if (this.#isOver) return;
			this.#socket.send("ping");
			this.#write(":\n\n");
		}
	}
}
