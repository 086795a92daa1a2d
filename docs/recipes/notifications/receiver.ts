/** The backend that is told: any server will do; this is Node's. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { received } from "./notify.ts";

const secret = process.env.WEBHOOK_SECRET ?? "whsec_YS1zZWNyZXQtZm9yLXRoaXMtbWFjaGluZS1hbG9uZQ==";

const server = createServer(async (incoming, outgoing) => {
	const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]);
	const request = new Request("http://localhost/", { method: "POST", headers, body: await text(incoming) });
	const answer = await received(request, secret, ({ who, by, room }) => {
		console.log(`To ${who}: ${by} mentioned you in ${room}.`); // here you would send a mail or a push
	});
	outgoing.writeHead(answer.status).end();
});
server.listen(Number(process.env.PORT ?? 3000), () => console.log("Listening."));
