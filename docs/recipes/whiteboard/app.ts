import { defineApp } from "rotunda";
import * as v from "valibot";

const color = v.picklist(["black", "red", "blue"]);
// x, y, x, y … on a board of 4,000 by 3,000; so many numbers fit into a signal's 4 KiB.
const points = v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4_000))), v.maxLength(400));

export const app = defineApp({
	events: {},
	// While it is drawn. `key`: the entry that it will be.
	signals: { drawing: v.object({ key: v.string(), color, points }) },
	// When it is drawn: of each member's own, so that nobody undoes another's.
	state: { "stroke/{member}/*": { write: "own", value: v.object({ color, points }) } },
});
