/** On `partysocket`'s socket, which reconnects by itself: see member.ts. */
import ReconnectingWebSocket from "partysocket/ws";
import { BEAT_MS, eachLine, Member, RETRY_MS } from "./member.ts";

const member = new Member();
const socket = new ReconnectingWebSocket(member.url, member.protocols, {
	minReconnectionDelay: RETRY_MS,
	maxReconnectionDelay: RETRY_MS,
});

/** It would keep what is sent while it is away, and send it before `caught-up`: the member keeps it, and beats do not pile up. */
function send(message: string): void {
	if (socket.readyState === WebSocket.OPEN) socket.send(message);
}

socket.addEventListener("open", () => send(member.beat));
socket.addEventListener("message", ({ data }) => member.hear(String(data)).forEach(send));
socket.addEventListener("close", ({ code }) => {
	if (member.hasLost(code)) process.exit();
});
setInterval(() => send(member.beat), BEAT_MS);
eachLine(member, send);
