/** What people write by hand on this platform, and partyserver: one Worker for all three. */
import { DurableObject } from "cloudflare:workers";
import { type Connection, routePartykitRequest, Server } from "partyserver";

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

/** The same, and each message is stored first. */
export class StoringRoom extends RawRoom {
	constructor(ctx: DurableObjectState, env: object) {
		super(ctx, env as never);
		ctx.storage.sql.exec("create table if not exists messages (id integer primary key, body text not null)");
	}

	override webSocketMessage(socket: WebSocket, message: string): void {
		this.ctx.storage.sql.exec("insert into messages (body) values (?)", message);
		super.webSocketMessage(socket, message);
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
	PARTY: DurableObjectNamespace<PartyRoom>;
}

export default {
	async fetch(request: Request, env: Env): Promise<Response> {
		const [, kind, room = "room"] = new URL(request.url).pathname.split("/");
		if (kind === "raw") return env.RAW.getByName(room).fetch(request);
		if (kind === "storing") return env.STORING.getByName(room).fetch(request);
		return (await routePartykitRequest(request, env as never)) ?? new Response("ok");
	},
};
