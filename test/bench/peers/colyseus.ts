/** A room of Colyseus whose state is one map: `node colyseus.ts <port> <patch rate, ms>`. */
import { Room, Server } from "@colyseus/core";
import { type SchemaType, schema, t } from "@colyseus/schema";
import { WebSocketTransport } from "@colyseus/ws-transport";

const [port = "0", patchRate = "50"] = process.argv.slice(2);

const State = schema({ entries: t.map("number") });

class BenchRoom extends Room<{ state: SchemaType<typeof State> }> {
	override onCreate(): void {
		this.state = new State();
		this.patchRate = Number(patchRate);
		this.onMessage("set", (_, [key, value]: [string, number]) => this.state.entries.set(key, value));
	}
}

const server = new Server({ transport: new WebSocketTransport(), greet: false });
server.define("bench", BenchRoom).filterBy(["name"]);
await server.listen(Number(port), "127.0.0.1");
