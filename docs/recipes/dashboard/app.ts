import { defineApp } from "rotunda";
import * as v from "valibot";

const measured = v.object({ orders: v.number(), revenue: v.number() });

export const app = defineApp({
	// Only the backend says it. What else a page may do is GUEST_CAN, in wrangler.toml.
	events: { measured: { from: "backend", data: measured } },
});

export type Measured = v.InferOutput<typeof measured>;
