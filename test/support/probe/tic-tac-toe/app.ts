/** The recipe's app, on the sources. */
import * as v from "valibot";
import { again, move } from "../../../../docs/recipes/tic-tac-toe/game.ts";
import { defineApp } from "../../../../src/jobs/define.ts";

const field = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8));

export const app = defineApp({
	events: {
		move: { from: "members", data: v.object({ field }), decide: move },
		again: { from: "members", decide: again },
	},
	state: {
		game: { write: "rules", value: v.object({ fields: v.array(v.string()), players: v.array(v.string()) }) },
	},
});
