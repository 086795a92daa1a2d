import { defineApp } from "rotunda";
import * as v from "valibot";

export const app = defineApp({
	events: {
		chat: { from: "members", data: v.object({ text: v.pipe(v.string(), v.minLength(1), v.maxLength(2_000)) }) },
		decision: { from: "moderators", data: v.object({ text: v.string() }) },
	},
});
