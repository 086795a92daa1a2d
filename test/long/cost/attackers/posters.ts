/** Who publishes and moderates over HTTP. */
import type { Attacker } from "../stage.ts";
import { emptyObjects, LARGE, PUBLISH_PER_SECOND } from "./words.ts";

const BURST_POSTS = 100;
const post = (data: unknown, name = "note") => JSON.stringify({ name, data });
const large = post(LARGE);

export const POSTERS: readonly Attacker[] = [
	{
		name: "HTTP post large, 200 members",
		does: "100 posts of 32 KB at once and then 50 a second, in one guest's rate, to 200 others",
		isWithinRates: true,
		audience: 180,
		attack: async (stage) => {
			for (let n = 0; n < BURST_POSTS; n++) void stage.post(`burst-of-number-${n}`, large);
			await stage.every(PUBLISH_PER_SECOND, (n) => stage.post(`steady-at-number-${n}`, large));
		},
	},
	{
		name: "HTTP post small",
		does: "32 small posts at a time, most of which are over the rate",
		isWithinRates: false,
		attack: (stage) => stage.requests((n) => stage.post(`post-of-number-${n}`, post(0))),
	},
	{
		name: "HTTP post repeated",
		does: "32 repeats at a time of one post of 32 KB, by its Idempotency-Key",
		isWithinRates: true,
		attack: (stage) => stage.requests(() => stage.post("the-same-again-1", large)),
	},
	{
		name: "HTTP post repeated, small",
		does: "32 repeats at a time of the Idempotency-Key of a post of 32 KB, with other data",
		isWithinRates: true,
		attack: async (stage) => {
			await stage.post("the-same-again-1", large);
			await stage.requests(() => stage.post("the-same-again-1", post(0)));
		},
	},
	{
		name: "HTTP post objects",
		does: "32 posts at a time of 64 KiB of empty objects, which are no event",
		isWithinRates: true,
		attack: async (stage) => {
			const body = emptyObjects();
			await stage.requests((n) => stage.post(`objects-of-number-${n}`, body));
		},
	},
	{
		name: "HTTP post too large",
		does: "8 posts at a time of 1 MiB",
		isWithinRates: true,
		attack: async (stage) => {
			const body = "x".repeat(1024 * 1024);
			await stage.requests((n) => stage.post(`large-of-number-${n}`, body), 8);
		},
	},
	{
		name: "HTTP post conflict",
		does: "32 posts of 32 KB at a time that expect another head",
		isWithinRates: true,
		attack: async (stage) => {
			const body = JSON.stringify({ name: "note", data: LARGE, expect: 1e9 });
			await stage.requests((n) => stage.post(`conflict-of-number-${n}`, body));
		},
	},
	{
		name: "HTTP moderation forbidden",
		does: "32 requests at a time to moderate, by a guest who may not",
		isWithinRates: true,
		attack: (stage) =>
			stage.requests(() =>
				stage.http("/rooms/room/moderation", {
					method: "POST",
					headers: { "Content-Type": "application/json" },
					body: '{"action":"lock"}',
				}),
			),
	},
];
