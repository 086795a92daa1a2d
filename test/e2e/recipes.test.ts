/** The recipes of docs/recipes, as somebody runs them who has the tarball: each in a folder of its own, as it ships. */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { createServer } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createTestHarness, type TestHarness } from "wrangler";
import { launch, whyNoBrowser } from "../support/browser.ts";
import { Child } from "../support/child.ts";
import { type Project, projectWith } from "../support/packed.ts";
import { freePort } from "../support/ports.ts";

const ROOT = join(import.meta.dirname, "../..");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const LINES_MAX = 100;
/** Those whose logic are rules: so many lines of it, and so many with the page and the Worker. */
const RULED = ["theatre", "quiz", "auction"];
const [RULES_LINES_MAX, RULED_LINES_MAX] = [60, 120];
const run = promisify(execFile);

/** Served all of them, or the one that holds most; their tests each as it is shown, or together. */
const isWhole = process.env.RECIPES === "whole";
const whole = isWhole ? test : test.skip;
if (!isWhole)
	console.log("Of the recipes one is served here: `npm run recipes` serves all, and runs the tests of each by itself.");

let project: Project;
let names: string[];
let harness: TestHarness | null = null;
/** What a test leaves behind it, the latest first. */
const ends: (() => unknown)[] = [];
const folderOf = (name: string): string => join(project.folder, name);

beforeAll(() => {
	const types = ["@types/node", "undici-types", "@types/react", "@types/react-dom", "csstype"];
	project = projectWith(["hono", "react", "react-dom", "vite", ...types]);
	const shipped = join(project.folder, "node_modules/rotunda/docs/recipes");
	names = readdirSync(shipped).filter((name) => !name.endsWith(".md"));
	for (const name of names) take(join(shipped, name), name);
});
afterAll(async () => {
	await harness?.close();
	project.dispose();
});
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

/** Copies a recipe to a folder of that name, where what `npm install` brings is there. */
function take(from: string, name: string): void {
	cpSync(from, folderOf(name), { recursive: true });
	const modules = join(folderOf(name), "node_modules");
	rmSync(modules, { force: true });
	symlinkSync(join(project.folder, "node_modules"), modules);
}

/** Node, in a recipe's folder: what it printed, also where it failed. */
async function node(name: string, ...args: string[]): Promise<string> {
	try {
		const { stdout } = await run(process.execPath, args, { cwd: folderOf(name) });
		return stdout;
	} catch (error) {
		return String((error as { stdout?: unknown }).stdout ?? error);
	}
}

/** Serves a recipe's Worker by its own wrangler.toml, with what its `npm start` sets: the URL. One is served at a time. */
async function serve(name: string, more: Record<string, string> = {}): Promise<string> {
	const { scripts } = JSON.parse(readFileSync(join(folderOf(name), "package.json"), "utf8"));
	const set = [...String(scripts.start).matchAll(/--var (\w+):(\S+)/g)].map(([, key = "", value = ""]) => [key, value]);
	const vars = { ...Object.fromEntries(set), ...more };
	const options = { root: folderOf(name), workers: [{ configPath: "wrangler.toml", vars }] };
	if (harness === null) harness = createTestHarness(options);
	else await harness.update(options);
	const { url } = await harness.listen();
	return `http://localhost:${url.port}`;
}

test("each is listed, says how it is run, and is as short as it can be read", () => {
	const list = readFileSync(join(ROOT, "docs/recipes/README.md"), "utf8");
	const linked = [...list.matchAll(/\]\(([\w-]+)\/README\.md\)/g)].map(([, name]) => name);
	expect(linked.sort()).toEqual(names);
	for (const name of names) {
		const files = readdirSync(folderOf(name), { recursive: true, encoding: "utf8" });
		const code = files.filter((path) => /\.(tsx?|html)$/.test(path) && !/\.test\.ts$|node_modules/.test(path));
		const lines = code.flatMap((path) =>
			readFileSync(join(folderOf(name), path), "utf8")
				.trimEnd()
				.split("\n"),
		);
		expect(lines.length, name).toBeLessThanOrEqual(2 * LINES_MAX);
		for (const path of code) {
			expect(readFileSync(join(folderOf(name), path), "utf8").split("\n").length, path).toBeLessThanOrEqual(LINES_MAX);
		}
		expect(readFileSync(join(folderOf(name), "README.md"), "utf8"), name).toMatch(
			/```sh\nnpm install\nnpm (start|run)/,
		);
	}
});

test("rules are pure and short: they compile without the types of any platform", async () => {
	for (const name of RULED) {
		const lines = ["app.ts", "index.html", "worker.ts"].map(
			(file) =>
				readFileSync(join(folderOf(name), file), "utf8")
					.trimEnd()
					.split("\n").length,
		);
		expect(lines[0], name).toBeLessThanOrEqual(RULES_LINES_MAX);
		expect(
			lines.reduce((sum, each) => sum + each, 0),
			name,
		).toBeLessThanOrEqual(RULED_LINES_MAX);
	}
	const compilerOptions = { lib: ["es2024"], types: [] };
	const files = RULED.map((name) => `${name}/app.ts`);
	project.write("pure.json", JSON.stringify({ extends: `./${RULED[0]}/tsconfig.json`, compilerOptions, files }));
	expect(await node(".", TSC, "-p", "pure.json", "--pretty", "false")).toBe("");
});

test("each compiles as it stands, strictly: those of one configuration in one go", async () => {
	const configured = (name: string): string => readFileSync(join(folderOf(name), "tsconfig.json"), "utf8");
	const alike = names.filter((name) => name !== "react-chat");
	const [first = ""] = alike;
	for (const name of alike) expect(configured(name), name).toBe(configured(first));
	const declared = alike.filter((name) => existsSync(join(folderOf(name), "html.d.ts"))).slice(1);
	project.write(
		"tsconfig.json",
		JSON.stringify({
			extends: `./${first}/tsconfig.json`,
			include: alike,
			exclude: ["**/node_modules", ...declared.map((name) => `${name}/html.d.ts`)],
		}),
	);
	expect(await node("react-chat", TSC, "-p", ".", "--pretty", "false")).toBe("");
	expect(await node(".", TSC, "-p", ".", "--pretty", "false")).toBe("");
});

test("what a recipe's room and page decide by is short, and pure: it compiles without any platform's types", async () => {
	const options = { target: "es2024", lib: ["es2024"], types: [], module: "esnext", moduleResolution: "bundler" };
	const rules = "tic-tac-toe/game.ts";
	expect(readFileSync(join(project.folder, rules), "utf8").split("\n").length).toBeLessThanOrEqual(RULES_LINES_MAX);
	const compile = (): Promise<string> => {
		const compilerOptions = { ...options, strict: true, noEmit: true, skipLibCheck: true };
		project.write("tsconfig.pure.json", JSON.stringify({ compilerOptions, files: [rules] }));
		return node(".", TSC, "-p", "tsconfig.pure.json", "--pretty", "false");
	};
	expect(await compile()).toBe("");
	const text = readFileSync(join(project.folder, rules), "utf8");
	project.write(rules, `${text}setTimeout(() => {}, 1);\n`);
	expect(await compile()).toMatch(/Cannot find name 'setTimeout'/);
	project.write(rules, text);
});

describe("in memory", () => {
	test("the tests of a recipe, and the one of the first hour, run in Node as they are shown", async () => {
		const shown = readFileSync(join(ROOT, "docs/getting-started.md"), "utf8");
		mkdirSync(folderOf("first-hour"));
		for (const [, name = "", text = ""] of shown.matchAll(/^```\w+ ([\w.-]+)\n([\s\S]*?)^```$/gm)) {
			writeFileSync(join(folderOf("first-hour"), name), text);
		}
		const passes = Object.entries({ "first-hour": 1, todo: 1, "job-kind": 2, theatre: 2, quiz: 2, auction: 2 });
		expect(passes.map(([name]) => name)).toEqual(expect.arrayContaining(RULED));
		if (isWhole) {
			for (const [name, count] of passes)
				expect(await node(name, "--test"), name).toMatch(new RegExp(`pass ${count}\\n.*fail 0`, "s"));
			return;
		}
		// In one process, which loads the package once.
		const tests = passes.map(([name]) => readdirSync(folderOf(name)).map((file) => `${name}/${file}`));
		const files = tests.flat().filter((file) => file.endsWith(".test.ts"));
		const count = passes.reduce((sum, [, each]) => sum + each, 0);
		const said = await node(".", "--test", "--test-isolation=none", ...files);
		expect(said).toMatch(new RegExp(`pass ${count}\\n.*fail 0`, "s"));
	});

	test("a planted double booking is found by the theatre's own test, and said in ten lines or less", async () => {
		take(join(project.folder, "theatre"), "oversold");
		const app = join(folderOf("oversold"), "app.ts");
		const text = readFileSync(app, "utf8");
		writeFileSync(app, text.replace("sold !== null || ", ""));
		const said = await node("oversold", "--test");
		const [found = ""] = /seed \d+, alone by[\s\S]*?broken: .*/.exec(said) ?? [];
		expect(found, said).toMatch(/\d\. (ann|ben|cleo) publishes buy {"seat":"A\d"}[\s\S]*broken: sold/);
		expect(found.split("\n").length).toBeLessThanOrEqual(10);
		expect(readFileSync(app, "utf8")).not.toBe(text);
	});

	test("G7 a number that is kept in memory is found by `sleep()`, and by nothing else", async () => {
		take(join(project.folder, "job-kind"), "planted");
		const [app, tests] = ["app.ts", "ticket.test.ts"].map((file) => join(folderOf("planted"), file));
		const counting = `() => {
			let number = 0;
			const run = (input, context) => ticket.run(input, { ...context, event: { ...context.event, seq: ++number } });
			const counted = { ...ticket, run };
			return `;
		const text = readFileSync(app ?? "", "utf8");
		const planted = text
			.replace(/\(\) =>\s*/, () => counting)
			.replace("kinds: [ticket],\n\t});", "kinds: [counted],\n\t});}");
		expect(planted).toContain("[counted]");
		writeFileSync(app ?? "", planted);
		expect(await node("planted", "--test")).toMatch(/✖ each who gets in line[\s\S]*pass 1\n/);
		writeFileSync(tests ?? "", readFileSync(tests ?? "", "utf8").replace(/await room\.sleep\(\);.*/, ""));
		expect(await node("planted", "--test")).toMatch(/pass 2\n/);
	});
});

describe("served", () => {
	whole("job-kind: who gets in line has a ticket", async () => {
		const url = await serve("job-kind");
		const ticket = await node("job-kind", "line.ts", "Ada", "2", url);
		expect(ticket).toMatch(/number: 1,\s*people: 2,\s*name: 'Ada',\s*signature: '[0-9a-f]{16}'/);
	});

	whole("notifications: who is mentioned is told, once; a stranger's delivery is none", async () => {
		const port = await freePort();
		const receiver = new Child(process.execPath, ["receiver.ts"], {
			cwd: folderOf("notifications"),
			env: { ...process.env, PORT: String(port) },
		});
		ends.push(() => receiver.kill());
		await receiver.until(async () => receiver.said.join("").includes("Listening"), "it listens");
		const url = await serve("notifications", { WEBHOOK_URL: `http://localhost:${port}/` });
		await node("notifications", "say.ts", "Tea, @ada?", url);
		await expect.poll(() => receiver.said.join(""), { timeout: 20_000 }).toContain("mentioned");
		expect(receiver.said.join("").match(/To .*/g)).toEqual(["To ada: Bob mentioned you in lobby."]);
		const forged = await fetch(`http://localhost:${port}/`, { method: "POST", body: "{}" });
		expect(forged.status).toBe(401);
	});
});

describe.skipIf(whyNoBrowser() !== null)("in a browser", () => {
	let browser: Browser;
	beforeAll(async () => {
		browser = await launch();
	});
	afterAll(() => browser?.close());

	/** A window of somebody's; what its console warns of fails the test. */
	async function open(url: string): Promise<Page> {
		const context = await browser.newContext();
		const page = await context.newPage();
		page.setDefaultTimeout(20_000);
		const said: string[] = [];
		page.on("console", (line) => {
			if (line.type() === "warning" || line.type() === "error") said.push(line.text());
		});
		page.on("pageerror", (error) => said.push(String(error)));
		ends.push(async () => {
			await context.close();
			expect(said).toEqual([]);
		});
		await page.goto(url);
		return page;
	}

	/** Serves a recipe's page by Vite, before its rooms: the URL. */
	async function serveWithVite(name: string): Promise<string> {
		const rooms = await serve(name);
		const vite = await createServer({
			root: folderOf(name),
			configFile: false,
			logLevel: "error",
			cacheDir: join(project.folder, ".vite", name),
			server: { port: await freePort(), proxy: { "/rooms": { target: rooms, ws: true } }, fs: { strict: false } },
		});
		ends.push(() => vite.close());
		await vite.listen();
		return vite.resolvedUrls?.local[0] ?? "";
	}

	// What is new in it beside the other is React, which has its own test.
	whole("react-chat: two windows talk, see who is here and each other's cursor, in StrictMode", async () => {
		const url = await serveWithVite("react-chat");
		const [ada, bob] = [await open(`${url}?name=Ada`), await open(`${url}?name=Bob`)];
		await ada.getByText("2 here: Ada, Bob").waitFor();
		await ada.getByLabel("Message").fill("Hello");
		await ada.getByLabel("Message").press("Enter");
		await bob.getByText("Ada: Hello").waitFor();
		await bob.mouse.move(120, 340);
		const cursor = ada.getByText("➤ Bob");
		await cursor.waitFor();
		expect(await cursor.evaluate(({ style }) => [style.left, style.top])).toEqual(["120px", "340px"]);
	});

	test("tic-tac-toe: a move is seen by both, a wrong one by nobody, and who is refused is told", async () => {
		const url = await serveWithVite("tic-tac-toe");
		const [ada, bob] = [await open(`${url}?name=Ada`), await open(`${url}?name=Bob`)];
		await Promise.all([ada.getByText("live").waitFor(), bob.getByText("live").waitFor()]);
		const field = (page: Page, n: number) => page.getByLabel(`Field ${n}`);
		// In the very task of the click, before anything can have been answered.
		const drawn = await field(ada, 1).evaluate(async (button) => {
			(button as HTMLElement).click();
			await Promise.resolve();
			return button.textContent;
		});
		expect(drawn).toBe("X");
		for (const [page, n] of [
			[bob, 4],
			[ada, 2],
			[bob, 5],
		] as const) {
			await page.getByLabel(`Field ${n}`).click();
			for (const each of [ada, bob]) await expect.poll(() => field(each, n).textContent()).not.toBe("");
		}
		await field(bob, 3).click();
		await bob.getByText("It is not your turn.").waitFor();
		await field(ada, 3).click();
		for (const each of [ada, bob]) await each.getByText("Over: X wins").waitFor();
		await bob.getByText("Again").click();
		for (const each of [ada, bob]) await expect.poll(() => each.locator("#board").textContent()).toBe("");
	});

	whole("live-cursors: a pointer is where the other's is, with its name", async () => {
		const url = await serve("live-cursors");
		const [ada, bob] = [await open(`${url}/?name=Ada`), await open(`${url}/?name=Bob`)];
		await ada.getByText("2 here").waitFor();
		await bob.setViewportSize({ width: 400, height: 400 });
		await bob.mouse.move(100, 300);
		const cursor = ada.getByText("➤ Bob");
		await cursor.waitFor();
		await expect.poll(() => cursor.evaluate(({ style }) => [style.left, style.top])).toEqual(["25%", "75%"]);
	});

	/** As it is on a phone, in the dark: nothing lies beside the window, and letters are light. */
	async function expectPhone(page: Page): Promise<void> {
		await page.setViewportSize({ width: 320, height: 640 });
		await page.emulateMedia({ colorScheme: "dark" });
		expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
		expect(await page.evaluate("getComputedStyle(document.body).color")).toBe("rgb(255, 255, 255)");
	}

	whole("poll: each has one vote, by keyboard, can take it back, and who comes later sees the totals", async () => {
		const url = await serve("poll");
		const [ada, bob] = [await open(url), await open(url)];
		const totals = (page: Page) => page.locator("output").allTextContents();
		for (const page of [ada, bob]) await page.getByLabel("Pizza").focus();
		await ada.keyboard.press("Space");
		await bob.keyboard.press("Space");
		await expect.poll(() => totals(ada)).toEqual(["2", "0", "0"]);
		await bob.keyboard.press("ArrowDown");
		await expect.poll(() => totals(ada)).toEqual(["1", "1", "0"]);
		const late = await open(url);
		await late.getByText("2 voted").waitFor();
		expect(await totals(late)).toEqual(["1", "1", "0"]);
		expect(await late.getByRole("button").isDisabled()).toBe(true);
		await ada.reload();
		await expect.poll(() => ada.getByLabel("Pizza").isChecked()).toBe(true);
		await ada.getByRole("button").click();
		await expect.poll(() => totals(bob)).toEqual(["0", "1", "0"]);
		await expectPhone(late);
	});

	whole("todo: one list in all windows, ticked by one and removed by another; who comes later has it", async () => {
		const url = await serve("todo");
		const [ada, bob] = [await open(`${url}/?name=Ada`), await open(`${url}/?name=Bob`)];
		const items = (page: Page) => page.locator("li span").allTextContents();
		for (const text of ["Milk", "Bread", "Tea"]) {
			await ada.getByLabel("New item").fill(text);
			await ada.getByLabel("New item").press("Enter");
			await bob.getByText(`Ada added: ${text}`).waitFor();
		}
		await bob.getByLabel("Milk", { exact: true }).focus();
		await bob.keyboard.press("Space");
		await ada.getByText("Bob did: Milk").waitFor();
		expect(await ada.getByLabel("Milk", { exact: true }).isChecked()).toBe(true);
		await ada.getByLabel("Remove Bread").press("Enter");
		await bob.getByText("Ada removed: Bread").waitFor();
		expect(await items(bob)).toEqual(["Milk", "Tea"]);
		const late = await open(url);
		await late.getByText("Tea").waitFor();
		expect([await items(late), await late.getByLabel("Milk", { exact: true }).isChecked()]).toEqual([
			["Milk", "Tea"],
			true,
		]);
		await expectPhone(late);
	});

	whole("whiteboard: a stroke shows while it is drawn, stays when it is, and only who drew it undoes it", async () => {
		const url = await serve("whiteboard");
		const [ada, bob] = [await open(url), await open(url)];
		const strokes = (page: Page) =>
			page.locator("polyline").evaluateAll((lines) => lines.map((line) => line.getAttribute("points")).sort());
		const draw = async (page: Page, y: number, steps: number) => {
			const { x: left = 0, y: top = 0 } = (await page.getByLabel("Board").boundingBox()) ?? {};
			await page.mouse.move(left + 20, top + y);
			await page.mouse.down();
			await page.mouse.move(left + 120, top + y, { steps });
		};
		await draw(ada, 50, 5);
		const drawn = await strokes(ada);
		expect(drawn).toHaveLength(1);
		await expect.poll(() => strokes(bob)).toEqual(drawn);
		const late = await open(url);
		await draw(late, 100, 210);
		// A long one is two, however many moves a frame takes together; of Ada's, who holds the button still, the late one was told nothing.
		const { x: left = 0, y: top = 0 } = (await late.getByLabel("Board").boundingBox()) ?? {};
		for (let step = 0; (await strokes(late)).length < 2; step++) await late.mouse.move(left + (step % 100), top + 100);
		await late.mouse.up();
		await ada.mouse.up();
		await expect.poll(async () => (await strokes(late)).length).toBe(3);
		for (const page of [ada, bob]) await expect.poll(() => strokes(page)).toEqual(await strokes(late));
		await bob.keyboard.press("Control+z");
		for (let times = 0; times < 3; times++) await late.keyboard.press("Control+z");
		for (const page of [ada, bob, late]) await expect.poll(() => strokes(page)).toEqual(drawn);
		await ada.reload();
		await ada.locator("polyline").waitFor({ state: "attached" });
		await expectPhone(ada);
		await ada.getByRole("button").click();
		for (const page of [ada, bob, late]) await expect.poll(() => strokes(page)).toEqual([]);
	});

	whole("dashboard: what the backend says is shown, also to one who comes later", async () => {
		const url = await serve("dashboard");
		const early = await open(url);
		// Two of them, for the same seconds: neither is refused.
		await Promise.all([node("dashboard", "feed.ts", url, "2"), node("dashboard", "feed.ts", url, "2")]);
		await early.locator("#bars i").first().waitFor();
		const late = await open(url);
		await late.locator("#bars i").first().waitFor();
		expect(await late.textContent("h1")).toBe(await early.textContent("h1"));
		// The feed has ended, and nothing else has.
		await late.locator("body.stale").waitFor();
	});

	whole("theatre: who is faster has the seat, and the other is told", async () => {
		const url = await serve("theatre");
		const [ada, bob] = [await open(`${url}/?name=Ada`), await open(`${url}/?name=Bob`)];
		await bob.getByText("A1: free").waitFor();
		await ada.getByText("A1: free").click();
		await ada.getByText("A1: buy it").waitFor();
		await bob.getByText("A1: held").click();
		await bob.getByText("Somebody was faster.").waitFor();
		await ada.getByText("A1: buy it").click();
		await bob.getByText("A1: sold").waitFor();
		await ada.getByText("A1: yours").waitFor();
	});

	whole("quiz: one asks, another chooses, and neither sees more than that", async () => {
		const url = await serve("quiz");
		const [ada, bob] = [await open(`${url}/?name=Ada`), await open(`${url}/?name=Bob`)];
		await ada.getByLabel("Question").fill("2 + 2?");
		await ada.getByLabel("Choices").fill("3, *4");
		await ada.getByLabel("Choices").press("Enter");
		await bob.getByRole("button", { name: "4" }).click();
		await bob.getByText("✓ 4").waitFor();
		expect(await bob.textContent("h1")).toMatch(/^2 \+ 2\? \(\d+ s\)$/);
		expect(await ada.getByText("✓").count()).toBe(0);
	});

	whole("auction: bids are heard, and one that is too low is not taken", async () => {
		const url = await serve("auction");
		const [ada, bob] = [await open(`${url}/?name=Ada`), await open(`${url}/?name=Bob`)];
		await ada.getByLabel("Item").fill("A clock");
		await ada.getByLabel("Item").press("Enter");
		await bob.getByText("A clock:").waitFor();
		await bob.getByLabel("Bid").fill("5");
		await bob.getByLabel("Bid").press("Enter");
		await ada.getByText("Bob bids 5").waitFor();
		await bob.getByLabel("Bid").press("Enter");
		await bob.getByText("Bid more than 5.").waitFor();
	});

	whole("team-room: a team's people are let in and its lead decides; another's are told why not", async () => {
		const url = await serve("team-room");
		const [ada, bob] = [await open(url), await open(url)];
		for (const [page, id] of [
			[ada, "ada"],
			[bob, "bob"],
		] as const) {
			await page.getByLabel("Who are you").fill(id);
			await page.getByLabel("Who are you").press("Enter");
			await page.getByText("red-planning: live").waitFor();
		}
		await ada.getByLabel("Message").fill("!We ship");
		await ada.getByLabel("Message").press("Enter");
		await bob.getByText("Ada decides: !We ship").waitFor();
		await bob.getByLabel("Message").fill("!No");
		await bob.getByLabel("Message").press("Enter");
		await ada.getByText("Bob: !No").waitFor();
		const token = await (await fetch(`${url}/room-token`)).text();
		expect(token).toBe("Log in first.");
	});

	whole("hono-shop: the site is the site, and what it publishes is heard once", async () => {
		const url = await serve("hono-shop");
		const page = await open(url);
		const send = () => fetch(`${url}/orders/A-17/send`, { method: "POST", body: JSON.stringify({ city: "Oslo" }) });
		expect(await (await send()).json()).toMatchObject({ seq: 1, isRepeat: false });
		expect(await (await send()).json()).toMatchObject({ seq: 1, isRepeat: true });
		await page.getByText("A-17 has left for Oslo").waitFor();
		expect(await page.getByText("A-17 has left").count()).toBe(1);
	});
});
