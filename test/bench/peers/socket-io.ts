/** A room server as one writes it with Socket.IO, over its WebSocket transport. */
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
io.on("connection", (socket) => {
	socket.on("m", (message: string) => io.emit("m", message));
});
http.listen(Number(process.argv[2]), "127.0.0.1");
