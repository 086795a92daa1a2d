/** How the pages treat people in a real Chromium: who reads by ear, writes by keys, has a small window, or is not let in. */
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { BareClient } from "../support/bare-client.ts";
import { launch, whyNoBrowser } from "../support/browser.ts";
import { type BuiltServer, builtServer } from "../support/built-server.ts";
import { Network } from "../support/network.ts";
import { until } from "../support/until.ts";

const skipped = whyNoBrowser();
const PHONE = { width: 360, height: 740 };
type Viewport = { width: number; height: number };
const DESK = { width: 1440, height: 900 };
/** What is left of 1280 × 1024 px at 400 % (WCAG 2.2, 1.4.10). */
const SMALL = { width: 320, height: 256 };
const ARABIC = "مرحبا بالجميع";

describe.skipIf(skipped !== null)("the pages", () => {
	let server: BuiltServer;
	let browser: Browser;
	let proxy: Network;
	const pageErrors: Error[] = [];
	beforeAll(async () => {
		[server, browser] = await Promise.all([
			builtServer({ TOKEN_SECRET: "a secret that is long enough for HS256" }),
			launch(),
		]);
		proxy = await Network.to(server.url);
		const writer = await BareClient.join(`${server.url}/rooms/talk?name=Layla`);
		writer.publish("1", { text: ARABIC });
		writer.publish("2", { text: "See https://rotunda.example/ for more." });
		writer.publish("3", { score: 3 }, "goal");
		await writer.hears("event", 3);
	});
	afterAll(async () => {
		expect(pageErrors).toEqual([]);
		proxy.close();
		await Promise.all([browser.close(), server.dispose()]);
	});
	afterEach(async () => {
		proxy.mend();
		for (const context of browser.contexts()) await context.close();
	});

	type How = { locale?: string; permissions?: string[] };
	async function opened(url: string, viewport: Viewport = DESK, how: How = {}): Promise<Page> {
		const page = await (await browser.newContext({ viewport, reducedMotion: "reduce", ...how })).newPage();
		page.on("pageerror", (error) => pageErrors.push(error));
		await page.goto(url);
		return page;
	}
	const status = (page: Page, word: string): Promise<void> => page.getByText(word, { exact: true }).waitFor();
	async function inRoom(room: string, viewport: Viewport = DESK, how: How = {}): Promise<Page> {
		const page = await opened(`${server.url}/rooms/${room}`, viewport, how);
		await status(page, "Live");
		return page;
	}
	const box = async (page: Page, selector: string) => {
		const found = await page.locator(selector).first().boundingBox();
		if (found === null) throw new Error(`${selector} is not shown`);
		return found;
	};
	const hasFocus = (page: Page, selector: string): Promise<boolean> =>
		page.evaluate((selector) => document.activeElement?.matches(selector) === true, selector);

	/** Each state in which people meet the pages, by how one gets there. */
	const STATES = {
		landing: (viewport: Viewport) => opened(server.url, viewport),
		room: async (viewport: Viewport) => {
			const page = await inRoom("talk", viewport);
			await page.getByText(ARABIC).waitFor();
			return page;
		},
		"an empty room": (viewport: Viewport) => inRoom("empty", viewport),
		"who is here": async (viewport: Viewport) => {
			const page = await inRoom("talk", viewport);
			if (viewport.width === PHONE.width) await page.locator(".people").click();
			await page.getByRole("button", { name: "Change your name" }).click();
			return page;
		},
		"a refusal": async (viewport: Viewport) => {
			const page = await opened(`${server.url}/rooms/talk#token=forged`, viewport);
			await status(page, "Not let in");
			return page;
		},
		"a name that is none": (viewport: Viewport) => opened(`${server.url}/rooms/a%20b`, viewport),
		"an unknown address": (viewport: Viewport) => opened(`${server.url}/nowhere`, viewport),
		waiting: async (viewport: Viewport) => {
			const page = await opened(`${proxy.url}/rooms/talk`, viewport);
			await status(page, "Live");
			proxy.cut();
			await status(page, "Waiting");
			return page;
		},
	} as const;
	const reached = (state: string, viewport: Viewport): Promise<Page> => {
		const reach = Object.entries(STATES).find(([name]) => name === state)?.[1];
		if (reach === undefined) throw new Error(`There is no way to ${state}`);
		return reach(viewport);
	};

	/** All of them at both widths, or the two that show most: where people read, and the panel that a phone opens. */
	const looks =
		process.env.PAGES === "whole"
			? Object.keys(STATES).flatMap((state) => [PHONE, DESK].map((viewport) => ({ state, ...viewport })))
			: [
					{ state: "room", ...DESK },
					{ state: "who is here", ...PHONE },
				];
	test.each(looks)(
		"in $state at $width px axe finds nothing by day or night, and nothing is cut off",
		async ({ state, width, height }) => {
			const page = await reached(state, { width, height });
			await page.evaluate(axe.source);
			for (const colorScheme of ["light", "dark"] as const) {
				await page.emulateMedia({ colorScheme });
				const { violations } = await page.evaluate(() => {
					const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
					return axe.run(document, { rules: { "label-content-name-mismatch": { enabled: true } } });
				});
				expect(violations.map(({ id, nodes }) => `${colorScheme}: ${id}: ${nodes.map(({ html }) => html)}`)).toEqual(
					[],
				);
			}
			expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
		},
	);

	test("a refusal, a name that is none and an unknown address are a sign with the mark, a sentence and a way on", async () => {
		for (const state of ["a refusal", "a name that is none", "an unknown address"]) {
			const page = await reached(state, DESK);
			const sign = page.locator(".sign");
			await sign.locator("img").waitFor();
			expect((await sign.getByRole("heading").textContent())?.length).toBeGreaterThan(10);
			await sign.getByRole("link").click();
			await page.waitForURL(`${server.url}/`);
		}
	});

	test("an unknown address is a page with status 404 for people, and a problem for programs", async () => {
		const asPeople = await fetch(`${server.url}/nowhere`, { headers: { Accept: "text/html,*/*;q=0.8" } });
		expect([asPeople.status, asPeople.headers.get("Content-Type")]).toEqual([404, "text/html; charset=utf-8"]);
		expect(asPeople.headers.get("Vary")).toMatch(/Accept/);
		const asProgram = await fetch(`${server.url}/nowhere`);
		expect([asProgram.status, await asProgram.json()]).toMatchObject([404, { code: "not_found" }]);
	});

	test("one may write as soon as one is in, and is where one was after renaming oneself", async () => {
		const page = await inRoom("focus");
		await page.keyboard.type("at once");
		await page.keyboard.press("Enter");
		await page.getByRole("log").getByText("at once").waitFor();
		for (const [name, key] of [
			["Ada", "Enter"],
			["Ben", "Escape"],
		] as const) {
			await page.getByRole("button", { name: "Change your name" }).press("Enter");
			await page.keyboard.type(name);
			await page.keyboard.press(key);
			await until(() => hasFocus(page, ".rename"), "the focus is at .rename");
		}
		await page.getByRole("complementary").getByText("Ada").waitFor();
	});

	test("on a phone, who is here keeps the tab key until it is closed, and gives it back then", async () => {
		const page = await inRoom("keys", PHONE);
		await page.locator(".people").focus();
		await page.keyboard.press("Enter");
		await until(() => hasFocus(page, "#roster-title"), "the focus is at #roster-title");
		for (const key of [...Array(8).fill("Tab"), ...Array(8).fill("Shift+Tab")]) {
			await page.keyboard.press(key);
			expect(await hasFocus(page, "#roster *")).toBe(true);
		}
		await page.keyboard.press("Escape");
		await until(() => hasFocus(page, "#people"), "the focus is at #people");
		await page.keyboard.press("Tab");
		expect(await hasFocus(page, "#roster *")).toBe(false);
		// In a window that grows wide it is no panel any more.
		await page.locator(".people").press("Enter");
		await page.setViewportSize(DESK);
		await until(() => page.locator("main").evaluate((main) => !(main as HTMLElement).inert), "it is no panel");
	});

	test("text from right to left stands beside its author; times are one line, without a zero before", async () => {
		const page = await inRoom("talk", DESK, { locale: "en-US" });
		const [text, author] = [await box(page, `.text:has-text("${ARABIC}")`), await box(page, ".author")];
		expect(Math.abs(text.x - author.x)).toBeLessThan(2);
		expect(await page.locator("time").first().textContent()).toMatch(/^[1-9]\d?:\d\d\s[AP]M$/);
		expect((await box(page, "time")).height).toBeLessThan(24);
	});

	test("while there is no connection, who was here is dimmed, and `Try now` tries now", async () => {
		const page = await opened(`${proxy.url}/rooms/cut`);
		await status(page, "Live");
		const colour = (): Promise<string> =>
			page.locator(".roster .name").evaluate((name) => getComputedStyle(name).color);
		const lit = await colour();
		proxy.cut();
		await status(page, "Waiting");
		await page.getByText("as last heard").waitFor();
		expect(await colour()).not.toBe(lit);
		const button = page.getByRole("button", { name: "Try now" });
		await button.focus();
		proxy.mend();
		// Where the page was faster, its button is gone, and is not waited for.
		void button.press("Enter").catch(() => {});
		await status(page, "Live");
		expect(await colour()).toBe(lit);
		expect(await page.getByText("as last heard").count()).toBe(0);
		// Its button is gone: one is where one writes.
		await until(() => hasFocus(page, "#message"), "the focus is at #message");
	});

	test("a page of 320 × 256 px keeps room for messages, whatever else it says", async () => {
		const page = await inRoom("talk", SMALL);
		expect((await box(page, ".stage")).height).toBeGreaterThan(120);
		const cut = await opened(`${proxy.url}/rooms/talk`, SMALL);
		await status(cut, "Live");
		proxy.cut();
		await status(cut, "Waiting");
		expect((await box(cut, ".stage")).height).toBeGreaterThan(90);
		await cut.setViewportSize({ width: 240, height: 160 });
		expect((await box(cut, ".stage")).height).toBeGreaterThan(90);
	});

	test("the code on the first page is whole in sight at any width, and is copied as it is", async () => {
		for (const viewport of [PHONE, DESK]) {
			const page = await opened(server.url, viewport, { permissions: ["clipboard-read", "clipboard-write"] });
			const fits = await page.locator(".code pre").evaluate((pre) => pre.scrollWidth <= pre.clientWidth);
			expect(fits).toBe(true);
			await page.getByRole("button", { name: "Copy" }).click();
			await page.getByText("Copied").waitFor();
			const copied = await page.evaluate(() => navigator.clipboard.readText());
			expect(copied).toBe(await page.locator(".code code").textContent());
			expect(copied).toMatch(/^import \{ joinRoom \} from "http.*\/client\.js";\n\nconst room = joinRoom\(/);
		}
	});
});
