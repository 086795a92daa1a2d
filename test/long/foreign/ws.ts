/** On `ws`: see member.ts. */
import { WebSocket } from "ws";
import { BEAT_MS, eachLine, Member, RETRY_MS } from "./member.ts";

const member = new Member();
let socket: WebSocket | null = null;

function send(message: string): void {
	// What does not go out waits in the member.
	if (socket?.readyState === WebSocket.OPEN) socket.send(message);
}

function join(): void {
	const joining = new WebSocket(member.url(), member.protocols());
	socket = joining;
	joining.addEventListener("open", () => send(member.beat));
	joining.addEventListener("message", ({ data }) => member.hear(String(data)).forEach(send));
	joining.addEventListener("close", ({ code }) => {
		if (member.hasLost(code)) process.exit();
		setTimeout(join, RETRY_MS);
	});
	// Whatever it is, a close follows.
	joining.addEventListener("error", () => {});
}

join();
setInterval(() => send(member.beat), BEAT_MS);
eachLine(member, send);
