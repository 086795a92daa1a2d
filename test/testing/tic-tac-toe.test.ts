/** The recipe's game in memory: two pages that move at random, whether it is their turn or not, in a room that dies and sleeps. */
import { expect, test } from "vitest";
import { again, type Game, gameIn, isOver, move } from "../../docs/recipes/tic-tac-toe/game.ts";
import { predict } from "../../src/client/predict.ts";
import type { Room } from "../../src/client/room.ts";
import { testRoom } from "../../src/testing/index.ts";
import { randomOf } from "../../src/testing/random.ts";
import { app } from "../support/probe/tic-tac-toe/app.ts";
import { plain, Referee } from "../support/referee.ts";

const STEPS = 800;
const predicted = predict<typeof app>({ move, again });

interface Played {
	history: unknown[];
	game: Game;
	/** How many moves showed before the room had answered. */
	drawn: number;
}

async function play(seed: number): Promise<Played> {
	const random = randomOf(seed);
	const below = (bound: number): number => Math.floor(random() * bound);
	const table = testRoom(app, { seed, vars: { HISTORY_MAX_EVENTS: "100000" } });
	const join = (name: string): Room<typeof app> => table.join(name, { predict: predicted });
	const pages = [join("Ann"), join("Bob")] as const;
	const referee = new Referee();
	for (const page of pages) page.on("entries", () => referee.see(gameIn(page)));
	await table.settle();
	let [drawn, said] = [0, 0];
	const moves = (page: Room<typeof app>): void => {
		const before = page.get("game");
		const as = { id: `m-${++said}` };
		const answer = isOver(gameIn(page))
			? page.publish("again", null, as)
			: page.publish("move", { field: below(9) }, as);
		answer.catch(() => {});
		if (JSON.stringify(page.get("game")) !== JSON.stringify(before)) drawn++;
	};
	for (let step = 0; step < STEPS; step++) {
		const page = pages[below(2) as 0 | 1];
		const deed = below(40);
		if (deed < 26) moves(page);
		else if (deed < 34) await table.advance(below(4_000));
		else if (deed === 34) await table.crash();
		else if (deed === 35) await table.sleep();
		else if (deed === 36) table.cut(page);
		else for (const each of pages) table.mend(each);
	}
	for (const page of pages) table.mend(page);
	await table.advance(300_000);
	const history = table.history();
	const game = (table.state()[0]?.value as Game | undefined) ?? gameIn({ get: () => null });
	for (const page of pages) expect(plain(gameIn(page))).toEqual(plain(game));
	expect(referee.faults).toEqual([]);
	return { history, game, drawn };
}

test.each([11, 12, 13])(
	"no page ever shows a wrong board, and when all is quiet all show the room's (seed %i)",
	async (seed) => {
		const { history, drawn } = await play(seed);
		expect(history.length).toBeGreaterThan(20);
		expect(drawn).toBeGreaterThan(20);
	},
	30_000,
);

test("the same seed ends the same, event by event", async () => {
	expect(await play(7)).toEqual(await play(7));
}, 30_000);

test("nobody sets the board by hand, and nobody clears one on which both still play", async () => {
	const table = testRoom(app);
	const [ann, bob] = [table.join("Ann"), table.join("Bob")];
	await table.settle();
	await ann.publish("move", { field: 4 });
	await bob.publish("move", { field: 0 });
	// @ts-expect-error only rules set it
	await expect(bob.set("game", null)).rejects.toMatchObject({ code: "forbidden" });
	await expect(bob.publish("again", null)).rejects.toMatchObject({ code: "app.not_over" });
	await expect(bob.publish("move", { field: 1 })).rejects.toMatchObject({ code: "app.not_yours" });
	await expect(table.join("Cy").publish("move", { field: 1 })).rejects.toMatchObject({ code: "app.not_yours" });
	ann.leave();
	await table.advance(60_000);
	await bob.publish("again", null);
	expect(bob.get("game")).toBe(null);
});
