import { defineApp } from "rotunda";
import * as v from "valibot";
import { ticket } from "./ticket.ts";

export const makeApp = () =>
	defineApp({
		events: { line: { from: "members", data: v.object({ people: v.number() }), starts: ["ticket"] } },
		kinds: [ticket],
	});

export const app = makeApp();
