import { defineApp } from "rotunda";
import * as v from "valibot";

const measured = v.object({ orders: v.number(), revenue: v.number() });

export const app = defineApp({
	// Only the backend says it: whoever looks at the dashboard can say nothing at all.
	events: { measured: { from: "backend", data: measured } },
});

export type Measured = v.InferOutput<typeof measured>;
