import { defineApp } from "rotunda";
import * as v from "valibot";

export const app = defineApp({
	events: { "order.sent": { from: "backend", data: v.object({ order: v.string(), city: v.string() }) } },
});
