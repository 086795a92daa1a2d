/**
 * Run by another runtime, in a folder where the package is installed: joins as it is told, and prints what became of each,
 * a line of JSON. `RUNTIME_CASES`: `{ live, refused: [{ name, url, token, as }] }`; `RUNTIME_SOCKET=ws` where the runtime
 * has no WebSocket of its own.
 */
import { joinRoom } from "rotunda/client";

const { live, refused } = JSON.parse(process.env.RUNTIME_CASES);
const WebSocket = process.env.RUNTIME_SOCKET === "ws" ? (await import("ws")).WebSocket : undefined;
const options = WebSocket === undefined ? {} : { WebSocket };
const say = (line) => console.log(JSON.stringify(line));

/** How a join ends: it is live, or is told why not. */
const endOf = (room) =>
	new Promise((resolve) => {
		const look = () => {
			const { state } = room;
			if (state.kind === "live") resolve({ kind: "live" });
			if (state.kind === "stopped") resolve({ kind: "stopped", sentence: state.reason });
			if (state.kind === "waiting" && state.reason !== null)
				resolve({ kind: "waiting", sentence: state.reason.message });
		};
		room.on("state", look);
		look();
	});

const heard = [];
const [ann, bob] = [joinRoom(live, { ...options, name: "Ann" }), joinRoom(live, { ...options, name: "Bob" })];
bob.on("event", ({ name, data }) => heard.push([name, data]));
await Promise.all([endOf(ann), endOf(bob)]);
for (const n of [1, 2, 3]) await ann.publish("chat", n);
const { version } = await ann.set("topic", "runtimes");
for (let ms = 0; (heard.length < 3 || bob.get("topic") === null) && ms < 5_000; ms += 20)
	await new Promise((done) => setTimeout(done, 20));
say({ name: "live", heard, version, topic: bob.get("topic") });
for (const room of [ann, bob]) room.leave();

for (const { name, url, token, as } of refused) {
	const room = joinRoom(url, {
		...options,
		...(token === undefined ? {} : { token }),
		...(as === undefined ? {} : { name: as }),
	});
	say({ name, ...(await endOf(room)) });
	room.leave();
}
try {
	joinRoom("http://localhost/nowhere", options);
	say({ name: "no room's URL", kind: "none" });
} catch (error) {
	say({ name: "no room's URL", kind: "thrown", sentence: error.message });
}
process.exit(0);
