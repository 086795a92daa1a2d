/** Ports of this machine: one that nobody uses, and whether anyone listens on it. */
import { connect, createServer } from "node:net";

export function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const address = server.address();
			server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
		});
	});
}

export function isOpen(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => socket.destroy()).once("error", () => resolve(false));
		socket.once("close", (hadError) => resolve(!hadError));
	});
}
