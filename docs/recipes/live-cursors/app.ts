import { defineApp } from "rotunda";
import * as v from "valibot";

export const app = defineApp({
	events: {},
	// Shares of the window, so that each finds the other's place in its own.
	signals: {
		cursor: v.object({
			x: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
			y: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
		}),
	},
	presence: v.object({ color: v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/)) }),
});
