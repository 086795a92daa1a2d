/** `wrangler deploy` to a new account: it makes what the Worker needs, and nothing has to be made by hand. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUILT_CONFIG } from "../support/built-config.ts";
import { Child } from "../support/child.ts";
import { EmptyAccount } from "./empty-account.ts";

let account: EmptyAccount;
beforeAll(async () => {
	account = await EmptyAccount.open();
});
afterAll(() => account.close());

async function deploy(): Promise<{ code: number | null; output: string }> {
	const { PATH } = process.env;
	const home = mkdtempSync(join(tmpdir(), "rotunda-home-"));
	const env = {
		PATH,
		HOME: home,
		CI: "true",
		WRANGLER_SEND_METRICS: "false",
		CLOUDFLARE_API_BASE_URL: account.url,
		CLOUDFLARE_API_TOKEN: "x",
		CLOUDFLARE_ACCOUNT_ID: "a".repeat(32),
	};
	const child = new Child("wrangler", ["deploy", "--config", BUILT_CONFIG], { env });
	return { code: await child.ended, output: child.said.join("") };
}

test("an empty account gets both queues, their consumers, the database and the objects in one deploy", async () => {
	const { code, output } = await deploy();
	const calls = account.calls.map(({ method, path }) => `${method} ${path}`).join("\n");
	expect(code, `${output}\n${calls}`).toBe(0);
	expect(account.queues.map(({ queue_name }) => queue_name).sort()).toEqual(["rotunda-dead-jobs", "rotunda-jobs"]);
	expect(account.databases.map(({ name }) => name)).toEqual(["rotunda-archive"]);
	const consumers = account.sent("POST", /^\/queues\/[^/]+\/consumers$/).map((body) => JSON.parse(body));
	expect(consumers).toHaveLength(2);
	expect(consumers).toContainEqual(expect.objectContaining({ dead_letter_queue: "rotunda-dead-jobs" }));
	const [upload = ""] = account.sent("PUT", /^\/workers\/scripts\/rotunda$/);
	for (const part of [
		'"exports":{"RoomObject":{"type":"durable-object","storage":"sqlite"}}',
		'"ROOMS"',
		'"JOBS"',
		'"DEAD_JOBS"',
		'"ARCHIVE"',
		account.databases[0]?.uuid ?? "?",
	]) {
		expect(upload).toContain(part);
	}
});
