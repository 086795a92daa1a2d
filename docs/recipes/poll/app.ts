import { defineApp } from "rotunda";
import * as v from "valibot";

export const app = defineApp({
	events: {},
	// `own`: each member sets the entry that has its id in its key, and nobody else's.
	state: { "vote/{member}": { write: "own", value: v.picklist(["Pizza", "Soup", "Salad"]) } },
});
