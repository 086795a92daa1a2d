/** A member's socket or stream that costs this process next to nothing: it counts what comes and reads none of it. */
import { connect, type Socket } from "node:net";
import { frameOf, OPCODE, upgradeOf } from "../../support/frames.ts";

export interface Guise {
	/** The network address that it seems to come from. */
	address?: string;
	/** A guest's private key, or a token. */
	key?: string;
	token?: string;
	/** What the URL asks for. */
	query?: string;
	/** True for one who hears the room as a stream of server-sent events. */
	isStream?: boolean;
}

/** Bytes to the server and from it, of all lines and requests together. */
export interface Traffic {
	in: number;
	out: number;
}

const CAUGHT_UP = Buffer.from('"caught-up"');

export class Line {
	readonly #socket: Socket;
	readonly #traffic: Traffic;
	/** Resolves when it is in, or its socket has closed. */
	readonly isIn: Promise<boolean>;
	/** Told all that comes, as it comes. */
	hear: ((data: Buffer) => void) | null = null;

	constructor(room: string, { address = "", key, token, query = "", isStream = false }: Guise, traffic: Traffic) {
		const { hostname, port } = new URL(room);
		const secrets = [key === undefined ? "" : `, resume.${key}`, token === undefined ? "" : `, bearer.${token}`];
		this.#traffic = traffic;
		this.#socket = connect(Number(port), hostname);
		this.#socket.setNoDelay(true);
		this.#socket.on("error", () => {});
		this.isIn = new Promise((resolve) => {
			let end = Buffer.alloc(0);
			let isIn = false;
			this.#socket.on("close", () => resolve(isIn));
			this.#socket.on("data", (data) => {
				traffic.out += data.length;
				this.hear?.(data);
				if (isIn) return;
				const seen = Buffer.concat([end, data]);
				end = seen.subarray(-CAUGHT_UP.length);
				isIn = seen.includes(CAUGHT_UP);
				if (isIn) resolve(true);
			});
		});
		this.#socket.write(
			isStream
				? streamOf(`${room}/events${query}`, key, address)
				: upgradeOf(`${room}${query}`, `rotunda.v1${secrets.join("")}`, address),
		);
	}

	/** Resolves when the bytes are on their way, or nobody reads them any more. */
	send(message: unknown): Promise<void> {
		return this.sendBytes(textFrame(typeof message === "string" ? message : JSON.stringify(message)));
	}

	sendBytes(bytes: Buffer): Promise<void> {
		if (this.#socket.destroyed) return Promise.resolve();
		this.#traffic.in += bytes.length;
		if (this.#socket.write(bytes)) return Promise.resolve();
		return new Promise((resolve) => {
			const done = (): void => {
				this.#socket.off("drain", done).off("close", done);
				resolve();
			};
			this.#socket.once("drain", done).once("close", done);
		});
	}

	/** Reads nothing more. */
	stop(): void {
		this.#socket.pause();
	}

	leave(): void {
		this.#socket.destroy();
	}
}

function streamOf(url: string, key: string | undefined, address: string): string {
	const { host, pathname, search } = new URL(url);
	const headers = [`Host: ${host}`, "Accept: text/event-stream", `CF-Connecting-IP: ${address}`];
	if (key !== undefined) headers.push(`Rotunda-Resume: ${key}`);
	return `GET ${pathname}${search} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`;
}

export function textFrame(text: string): Buffer {
	return frameOf(OPCODE.text, Buffer.from(text));
}
