/**
 * Tic-tac-toe by raw sockets that forge, repeat and move whenever they like, beside two pages that show their own moves
 * at once, while the server is killed every second. `MOVES=10000 npx vitest run --project e2e
 * test/e2e/faults/tic-tac-toe.test.ts` is the whole.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { again, gameIn, isOver, move } from "../../../docs/recipes/tic-tac-toe/game.ts";
import { joinRoom, type Room } from "../../../src/client/index.ts";
import { predict } from "../../../src/client/predict.ts";
import type { Random } from "../../simulation/random.ts";
import { networkIsBack } from "../../support/page.ts";
import type { app } from "../../support/probe/tic-tac-toe/app.ts";
import { plain, Referee } from "../../support/referee.ts";
import { type Runtime, runtime } from "../../support/runtime.ts";
import { until } from "../../support/until.ts";
import { RawPlayer } from "./raw-player.ts";
import { seeded } from "./stage.ts";

const MOVES = Number(process.env.MOVES ?? 600);
const KILL_EVERY_MS = 1_000;
const MS_PER_MOVE_MAX = 200;

let server: Runtime;
beforeAll(async () => {
	server = await runtime({ HISTORY_MAX_EVENTS: "10000000" }, { probe: "tic-tac-toe" });
});
afterAll(() => server.dispose());

interface Watched {
	room: Room<typeof app>;
	referee: Referee;
	/** How many moves showed before the room had answered. */
	drawn: number;
}

function openPage(): Watched {
	const room = joinRoom<typeof app>(`${server.url}/rooms/table`, { predict: predict<typeof app>({ move, again }) });
	const referee = new Referee();
	room.on("entries", () => referee.see(gameIn(room)));
	return { room, referee, drawn: 0 };
}

/** One move after the other, each as soon as the last is answered. */
async function playOn(page: Watched, random: Random, isOn: () => boolean): Promise<void> {
	const { room } = page;
	while (isOn()) {
		const before = JSON.stringify(gameIn(room));
		const said = isOver(gameIn(room)) ? room.publish("again", null) : room.publish("move", { field: random.below(9) });
		const answered = said.catch(() => {});
		// What says it is loaded by then.
		await Promise.resolve();
		if (JSON.stringify(gameIn(room)) !== before) page.drawn++;
		await answered;
	}
}

async function killOn(isOn: () => boolean): Promise<number> {
	let kills = 0;
	while (isOn()) {
		await new Promise((resolve) => setTimeout(resolve, KILL_EVERY_MS));
		await server.restart();
		kills++;
		await server.child.answers(server.port);
		networkIsBack();
	}
	return kills;
}

test(`G1 G2 G3 G11: ${MOVES} moves at random, forged, repeated and killed: no wrong board reaches anyone, and what pages drew agrees when it is quiet`, {
	timeout: 60_000 + MOVES * MS_PER_MOVE_MAX,
}, async () => {
	const random = seeded("Tic-tac-toe");
	const url = `${server.url}/rooms/table`;
	const players = [new RawPlayer(url, random), new RawPlayer(url, random)];
	await Promise.all(players.map((player) => player.isIn()));
	const pages = [openPage(), openPage()];
	await until(() => pages.every(({ room }) => room.state.kind === "live"), "the pages are live");
	const isOn = (): boolean => players.reduce((sum, { moves }) => sum + moves, 0) < MOVES;
	const [kills] = await Promise.all([
		killOn(isOn),
		...players.map((player) => player.play(isOn)),
		...pages.map((page) => playOn(page, random, isOn)),
	]);
	networkIsBack();
	const late = new RawPlayer(url, random);
	await Promise.all([...players, late].map((player) => player.isIn()));
	const head = (): number => Math.max(...players.map(({ referee }) => referee.log.length));
	const hasAll = ({ room }: Watched): boolean =>
		room.state.kind === "live" && room.cursor?.split(".")[1] === `${head()}`;
	await until(
		() => players.every(({ referee }) => referee.log.length === head()) && pages.every(hasAll),
		"all is quiet",
	);

	const [first, second] = players.map(({ referee }) => referee);
	expect([...players, ...pages].flatMap(({ referee }) => referee.faults)).toEqual([]);
	expect(second?.log).toEqual(first?.log);
	const boards = [...pages.map(({ room }) => gameIn(room)), late.referee.told].map(plain);
	for (const board of boards) expect(board).toEqual(plain(first?.board ?? late.referee.board));
	// It was a game, and there was something to withstand.
	expect(kills).toBeGreaterThan(1);
	expect(head()).toBeGreaterThan(MOVES / 20);
	expect(Math.min(...pages.map(({ drawn }) => drawn))).toBeGreaterThan(0);
	expect(Math.min(...players.map(({ refusals }) => Math.min(refusals.size, 4)))).toBe(4);
	for (const { room } of pages) room.leave();
	for (const player of [...players, late]) player.leave();
});
