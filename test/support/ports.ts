/** Ports of this machine: one that nobody uses, and whether anyone listens on it. */
import { connect, createServer } from "node:net";

/** Below what systems give to sockets that go out: no connection takes it before its server does, or while that restarts. */
const [FIRST, LAST] = [15_000, 32_000];

export async function freePort(): Promise<number> {
	for (;;) {
		const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
		if (await isFree(port)) return port;
	}
}

function isFree(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once("error", () => resolve(false));
		server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
	});
}

export function isOpen(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => socket.destroy()).once("error", () => resolve(false));
		socket.once("close", (hadError) => resolve(!hadError));
	});
}
