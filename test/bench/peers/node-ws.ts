/** A room server as one writes it with `ws`. */
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ port: Number(process.argv[2]), host: "127.0.0.1", perMessageDeflate: false });
server.on("connection", (socket) => {
	socket.on("message", (message) => {
		for (const client of server.clients) client.send(message, { binary: false });
	});
});
