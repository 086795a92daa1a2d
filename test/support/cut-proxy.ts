/** A TCP proxy whose cable can be cut: everything through it ends at once, and nothing new passes until it is mended. */
import { connect, createServer, type Server, type Socket } from "node:net";

export class CutProxy {
	readonly url: string;
	readonly #server: Server;
	readonly #open: Set<Socket>;
	#isCut = false;

	private constructor(port: number, server: Server, open: Set<Socket>) {
		this.url = `http://localhost:${port}`;
		this.#server = server;
		this.#open = open;
	}

	static async to(target: string): Promise<CutProxy> {
		const { port } = new URL(target);
		const open = new Set<Socket>();
		const server = createServer((near) => {
			if (proxy.#isCut) {
				near.destroy();
				return;
			}
			const far = connect(Number(port), "127.0.0.1");
			for (const [socket, other] of [
				[near, far],
				[far, near],
			] as const) {
				open.add(socket);
				socket.on("close", () => {
					open.delete(socket);
					other.destroy();
				});
				socket.on("error", () => other.destroy());
				socket.pipe(other);
			}
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const address = server.address();
		const proxy = new CutProxy(typeof address === "object" && address !== null ? address.port : 0, server, open);
		return proxy;
	}

	cut(): void {
		this.#isCut = true;
		for (const socket of this.#open) socket.destroy();
	}

	mend(): void {
		this.#isCut = false;
	}

	close(): void {
		this.cut();
		this.#server.close();
	}
}
