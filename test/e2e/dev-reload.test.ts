/** `npm run dev` in a clean folder: what a deployer edits is loaded anew, without a restart. */

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Child } from "../support/child.ts";
import { freePort } from "../support/ports.ts";

const ROOT = join(import.meta.dirname, "../..");
const PARTS = ["src", "wrangler.toml", "vite.config.ts", "package.json", "tsconfig.json", "tsconfig.browser.json"];

let folder: string;
let url: string;
let server: Child;
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "rotunda-dev-"));
	for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
	symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
	const port = await freePort();
	url = `http://127.0.0.1:${port}`;
	const args = ["run", "dev", "--", "--port", String(port), "--ip", "127.0.0.1", "--inspector-port", "0"];
	args.push("--show-interactive-dev-session=false");
	server = new Child("npm", args, { cwd: folder, detached: true });
	await server.until(() => isAnswered(201), "it takes an event");
});
afterAll(async () => {
	await server.kill();
	rmSync(folder, { recursive: true, force: true });
});

/** True where an event is answered so. */
function isAnswered(status: number): Promise<boolean> {
	const headers = { "Idempotency-Key": crypto.randomUUID() };
	const asked = fetch(`${url}/rooms/lobby/events`, { method: "POST", headers, body: '{"name":"other","data":1}' });
	return asked.then(
		(answer) => answer.status === status,
		() => false,
	);
}

test("an event that src/app.ts names no more is refused as soon as it is saved", async () => {
	const app = join(folder, "src/app.ts");
	const text = readFileSync(app, "utf8");
	writeFileSync(app, text.replace('"*": { from: "members" },', ""));
	await server.until(() => isAnswered(403), "it is refused");
	expect(readFileSync(app, "utf8")).not.toBe(text);
});
