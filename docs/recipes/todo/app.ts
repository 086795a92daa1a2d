import { defineApp } from "rotunda";
import * as v from "valibot";

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const what = v.picklist(["added", "did", "reopened", "removed"]);

export const app = defineApp({
	// What happened: kept for a while, and then no more.
	events: { did: { from: "members", data: v.object({ what, text }) } },
	// What is: kept as long as somebody comes back.
	state: { "item/*": { write: "members", value: v.object({ text, done: v.boolean() }) } },
});
