/** What the README and the pages that it leads to show works as it stands: it is run in a clean folder, as a reader would. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jwtVerify } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SECRET } from "./mint.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");
const pages = ["README.md", "docs/bare-client.md", "docs/access.md"].map(read).join("\n");
const snippets = [...pages.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
	language,
	text,
}));

/** The one snippet of a language that holds these words. */
function snippet(language: string, words: string): string {
	const found = snippets.filter((each) => each.language === language && each.text.includes(words));
	expect(found, `${language} with ${words}`).toHaveLength(1);
	return found[0]?.text ?? "";
}

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "rotunda-readme-"));
	cpSync(join(ROOT, "package.json"), join(folder, "package.json"));
	symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (command: string, ...args: string[]) =>
	execFileSync(command, args, { cwd: folder, encoding: "utf8", env: { ...process.env, TOKEN_SECRET: SECRET } });

test("the README is one page", () => {
	expect(read("README.md").split("\n").length).toBeLessThanOrEqual(150);
});

test("a backend's token, made as it is shown, is one", { timeout: 60_000 }, async () => {
	writeFileSync(join(folder, "token.js"), snippet("js", "SignJWT"));
	const token = run(process.execPath, "token.js").trim();
	const { payload } = await jwtVerify(token, new TextEncoder().encode(SECRET), { audience: "rotunda" });
	expect(payload).toMatchObject({ sub: "ada", rooms: ["team-*"], can: ["read", "publish"], name: "Ada" });
});

test("what a reader sends by hand is JSON, and its key is one that a guest may use", () => {
	const sent = snippet("sh", "Idempotency-Key");
	expect(JSON.parse(/-d '([^']+)'/.exec(sent)?.[1] ?? "")).toMatchObject({ name: "chat" });
	expect((/Idempotency-Key: ([^']+)'/.exec(sent)?.[1] ?? "").length).toBeGreaterThanOrEqual(16);
});

test("a bare client is told how to stay, that frames are arrays, and what a latecomer gets", () => {
	const words = [
		"every frame is an array",
		"`ping`",
		'`{"type":"received","jobs":[]}`',
		"the last 50 events",
		"`?since=`",
	];
	for (const page of ["README.md", "docs/bare-client.md"]) {
		for (const each of words) expect(read(page), page).toContain(each);
	}
});
