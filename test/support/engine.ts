/** The JavaScript engine inside workerd, by its inspector: it can be told to collect its garbage, and says what is left. */
import WebSocket from "ws";

export class Engine {
	readonly #socket: WebSocket;
	#asked = 0;
	#answers = new Map<number, (result: unknown) => void>();

	private constructor(socket: WebSocket) {
		this.#socket = socket;
		socket.on("message", (text) => {
			const { id, result } = JSON.parse(String(text)) as { id?: number; result: unknown };
			if (id === undefined) return;
			this.#answers.get(id)?.(result);
			this.#answers.delete(id);
		});
	}

	/** `inspector`: where it listens. */
	static async at(inspector: string): Promise<Engine> {
		const [isolate] = (await (await fetch(`${inspector}/json`)).json()) as { webSocketDebuggerUrl: string }[];
		if (isolate === undefined) throw new Error("The inspector shows no isolate.");
		const socket = new WebSocket(isolate.webSocketDebuggerUrl);
		await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
		const engine = new Engine(socket);
		await engine.#ask("HeapProfiler.enable");
		return engine;
	}

	/** Collects what nobody holds any more; gives the bytes of what is held. */
	async collect(): Promise<number> {
		await this.#ask("HeapProfiler.collectGarbage");
		return ((await this.#ask("Runtime.getHeapUsage")) as { usedSize: number }).usedSize;
	}

	close(): void {
		this.#socket.close();
	}

	#ask(method: string): Promise<unknown> {
		const id = ++this.#asked;
		return new Promise((resolve) => {
			this.#answers.set(id, resolve);
			this.#socket.send(JSON.stringify({ id, method }));
		});
	}
}
