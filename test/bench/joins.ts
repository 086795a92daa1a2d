/**
 * What a token costs a join: joins a second with tokens and without, in pairs, so that whatever else the
 * machine does hits both alike. `node test/bench/joins.ts [pairs] [joins a round]`; workerd itself on the bundle.
 */
import { WebSocket } from "ws";
import { mint, SECRET } from "../mint.ts";
import { ROOT } from "../support/bundle.ts";
import { serveWorker } from "./processes.ts";

const PAIRS = Number(process.argv[2] ?? 15);
const JOINS = Number(process.argv[3] ?? 400);
const AT_ONCE = 16;
/** Rooms are small, so that what is measured is the door and not who hears of whom. */
const ROOM_OF = 10;

/** One member a token: a thousand sessions of one member would replace one another. */
const TOKENS = await Promise.all(Array.from({ length: JOINS }, (_, n) => mint({ sub: `member-${n}`, rooms: ["*"] })));

/** A join from the handshake to the welcome; the room then holds the session until the round is over. */
function joined(url: string, protocols: string[]): Promise<WebSocket> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url, protocols, { perMessageDeflate: false });
		socket.once("message", (data) => {
			if (String(data).startsWith('[{"type":"welcome"')) resolve(socket);
			else reject(new Error(String(data)));
		});
		socket.once("error", reject);
	});
}

/** Joins a second, into rooms that are there: making one is the disk's work, and no token's. */
async function round(url: string, tokens: readonly string[] | null): Promise<number> {
	const room = (n: number): string => `${url}-${Math.floor(n / ROOM_OF)}?history=0`;
	const sockets: WebSocket[] = [];
	for (let n = 0; n < JOINS; n += ROOM_OF) sockets.push(await joined(room(n), ["rotunda.v1"]));
	let next = 0;
	const startedAt = performance.now();
	await Promise.all(
		Array.from({ length: AT_ONCE }, async () => {
			while (next < JOINS) {
				const n = next++;
				const token = tokens?.[n];
				const offer = ["rotunda.v1", ...(token === undefined ? [] : [`bearer.${token}`])];
				sockets.push(await joined(room(n), offer));
			}
		}),
	);
	const seconds = (performance.now() - startedAt) / 1000;
	for (const socket of sockets) socket.terminate();
	return JOINS / seconds;
}

const median = (values: readonly number[]): number =>
	values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const server = await serveWorker({
	folder: ROOT,
	flags: ["no_web_socket_compression"],
	vars: { TOKEN_SECRET: SECRET },
	objects: { ROOMS: "RoomObject" },
});
try {
	const at = (room: string): string => `ws://127.0.0.1:${server.port}/rooms/${room}`;
	// Both ways are warm before either counts.
	for (const tokens of [TOKENS, null, TOKENS, null])
		await round(at(`warm-${tokens === null}-${Math.random()}`), tokens);
	const withTokens: number[] = [];
	const without: number[] = [];
	for (let pair = 0; pair < PAIRS; pair++) {
		// Each goes first as often as the other.
		for (const isSigned of pair % 2 === 0 ? [true, false] : [false, true]) {
			const rate = await round(at(`${isSigned ? "t" : "g"}${pair}`), isSigned ? TOKENS : null);
			(isSigned ? withTokens : without).push(rate);
		}
	}
	const ratios = withTokens.map((rate, pair) => rate / (without[pair] ?? Number.NaN));
	console.log(`with tokens    ${median(withTokens).toFixed(0)} joins/s`);
	console.log(`without        ${median(without).toFixed(0)} joins/s`);
	console.log(`ratio          ${median(ratios).toFixed(3)} (median of ${PAIRS} pairs, ${JOINS} joins each)`);
	console.log(`of the pairs   ${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`);
} finally {
	await server.dispose();
}
