/** What people write by hand on this platform, partyserver, and the least that a room could do: one Worker for all. */
import { DurableObject } from "cloudflare:workers";
import { type Connection, routePartykitRequest, Server } from "partyserver";
import { TurnClock } from "../../../src/durable/turn-clock.ts";
import { packFrames } from "../../../src/protocol/codec.ts";
import { turnBytesFor } from "../../../src/room/turn-bytes.ts";

/** For each message, a frame to each socket. */
export class RawRoom extends DurableObject {
	override async fetch(): Promise<Response> {
		const { 0: client, 1: server } = new WebSocketPair();
		this.ctx.acceptWebSocket(server);
		return new Response(null, { status: 101, webSocket: client });
	}

	override webSocketMessage(_: WebSocket, message: string): void {
		for (const socket of this.ctx.getWebSockets()) socket.send(message);
	}

	override webSocketClose(socket: WebSocket, code: number): void {
		socket.close(code === 1005 ? 1000 : code);
	}
}

const MESSAGES = "create table if not exists messages (id integer primary key, body text not null)";

/** The same, and each message is stored first. */
export class StoringRoom extends RawRoom {
	constructor(ctx: DurableObjectState, env: object) {
		super(ctx, env as never);
		ctx.storage.sql.exec(MESSAGES);
	}

	override webSocketMessage(socket: WebSocket, message: string): void {
		this.ctx.storage.sql.exec("insert into messages (body) values (?)", message);
		super.webSocketMessage(socket, message);
	}
}

const PUBLISH = '{"type":"publish",';
/** As long as a guest's: what it precedes is sent as it came. */
const GUEST = `"from":"guest:${"0".repeat(32)}","author":"Guest 0000"`;

/**
 * What is left of Rotunda where nothing is decided and nothing kept: the same bytes in the same frames, when the room
 * would send them. It parses nothing, stores nothing and knows nobody: the ceiling of the runtime.
 */
export class TurningRoom extends RawRoom {
	readonly #sockets: WebSocket[] = [];
	#waiting: string[] = [];
	#seq = 0;
	readonly #clock = new TurnClock(
		() => this.#turn(),
		() => this.#waiting.length,
		() => this.#sockets.length,
	);

	override async fetch(): Promise<Response> {
		const response = await super.fetch();
		this.#sockets.splice(0, this.#sockets.length, ...this.ctx.getWebSockets());
		return response;
	}

	override webSocketMessage(_: WebSocket, frame: string): void {
		this.#waiting.push(frame);
		this.#clock.strike();
	}

	/** Before they are sent. */
	protected keep(_events: readonly string[]): void {}

	#turn(): void {
		const [bytesMax, events]: [number, string[]] = [turnBytesFor(this.#sockets.length), []];
		const at = Date.now();
		let [bytes, count] = [0, 0];
		for (const frame of this.#waiting) {
			bytes += frame.length;
			if (count > 0 && bytes > bytesMax) break;
			count++;
			// A frame is an array, or one message.
			for (const part of frame.split(PUBLISH).slice(1))
				events.push(
					`{"type":"event","seq":${++this.#seq},"at":${at},${GUEST},${part.slice(0, part.lastIndexOf("}") + 1)}`,
				);
		}
		this.#waiting = this.#waiting.slice(count);
		this.keep(events);
		for (const frame of packFrames(events)) for (const socket of this.#sockets) socket.send(frame);
		if (this.#waiting.length > 0) this.#clock.again();
	}
}

/** The same, and each turn's messages are stored first, by one statement: what is left to say is what Rotunda itself takes. */
export class KeepingRoom extends TurningRoom {
	constructor(ctx: DurableObjectState, env: object) {
		super(ctx, env as never);
		ctx.storage.sql.exec(MESSAGES);
	}

	protected override keep(events: readonly string[]): void {
		this.ctx.storage.sql.exec("insert into messages (body) select value from json_each(?)", JSON.stringify(events));
	}
}

export class PartyRoom extends Server {
	static override options = { hibernate: true };

	override onMessage(_: Connection, message: string): void {
		this.broadcast(message);
	}
}

interface Env {
	RAW: DurableObjectNamespace;
	STORING: DurableObjectNamespace;
	TURNING: DurableObjectNamespace;
	KEEPING: DurableObjectNamespace;
	PARTY: DurableObjectNamespace<PartyRoom>;
}

export default {
	async fetch(request: Request, env: Env): Promise<Response> {
		const [, kind, room = "room"] = new URL(request.url).pathname.split("/");
		if (kind === "raw") return env.RAW.getByName(room).fetch(request);
		if (kind === "turning") return env.TURNING.getByName(room).fetch(request);
		if (kind === "keeping") return env.KEEPING.getByName(room).fetch(request);
		if (kind === "storing") return env.STORING.getByName(room).fetch(request);
		return (await routePartykitRequest(request, env as never)) ?? new Response("ok");
	},
};
