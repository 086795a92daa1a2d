/**
 * Writes a fixture of what this version of the code stores, under the name that `FIXTURE` says; without one it is not
 * run. A fixture that is there and says otherwise is not overwritten: that is a failure.
 */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, inject, test, vi } from "vitest";
import { keepArchive } from "./archive-scene.ts";
import { playScene, tell } from "./scene.ts";
import { textOf } from "./sql-text.ts";
import { stub } from "./visit.ts";

const name = inject("fixture");

afterEach(() => {
	vi.restoreAllMocks();
	return reset();
});

test("the room", async () => {
	const { now } = await playScene();
	const told = await tell(now);
	const text = await runInDurableObject(stub(), (_, { storage }) =>
		textOf((query) => storage.sql.exec(query).toArray() as never),
	);
	await expect(text).toMatchFileSnapshot(`../../fixtures/rooms/${name}.sql`);
	await expect(`${JSON.stringify(told, null, "\t")}\n`).toMatchFileSnapshot(`../../fixtures/rooms/${name}.json`);
});

test("the archive", async () => {
	await keepArchive();
	const text = await textOf(async (query) => (await env.ARCHIVE.prepare(query).all()).results as never, {
		shadows: ["event_text_", "event_words_"],
		sources: {
			event_words: `(select event_words.rowid, hex(events.room) as room, events.text
					from event_words join events on events.id = event_words.rowid)`,
		},
	});
	await expect(text).toMatchFileSnapshot(`../../fixtures/archive/${name}.sql`);
});
