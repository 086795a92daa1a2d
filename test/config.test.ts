/** What wrangler.toml says and the code goes by is the same. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DOOR_PERIOD_MS } from "../src/protocol/limits.ts";
import { QUEUE_RETRIES_MAX } from "../src/protocol/platform-limits.ts";

const toml = readFileSync(new URL("../wrangler.toml", import.meta.url), "utf8");

/** The values of a key in the tables of that name, in their order. */
function valuesOf(table: string, key: string): string[] {
	return toml
		.split(/^(?=\[)/m)
		.filter((section) => section.startsWith(`[[${table}]]`))
		.map((section) => new RegExp(`^${key} = (.*)$`, "m").exec(section)?.[1] ?? "");
}

test("the queue of jobs tries as often as a kind may", () => {
	expect(valuesOf("queues.consumers", "queue")[0]).toBe('"rotunda-jobs"');
	expect(Number(valuesOf("queues.consumers", "max_retries")[0])).toBe(QUEUE_RETRIES_MAX);
});

test("the limits at the door are a period's", () => {
	for (const simple of valuesOf("ratelimits", "simple")) {
		expect(simple).toContain(`period = ${DOOR_PERIOD_MS / 1000} `);
	}
});
