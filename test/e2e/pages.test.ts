/** The pages in a real Chromium, behind a cable that can be cut. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { BareClient } from "../support/bare-client.ts";
import { launch, whyNoBrowser } from "../support/browser.ts";
import { Network } from "../support/network.ts";

const skipped = whyNoBrowser();

describe.skipIf(skipped !== null)("two windows on one room", () => {
	const server = inject("server");
	let browser: Browser;
	let proxy: Network;
	const pageErrors: Error[] = [];
	beforeAll(async () => {
		browser = await launch();
		proxy = await Network.to(server);
	});
	afterAll(async () => {
		expect(pageErrors).toEqual([]);
		proxy.close();
		await browser.close();
	});

	// What one test leaves open would go on drawing while the next one waits.
	afterEach(async () => {
		for (const context of browser.contexts()) await context.close();
	});

	async function window(url: string): Promise<Page> {
		const context = await browser.newContext();
		const page = await context.newPage();
		page.on("pageerror", (error) => pageErrors.push(error));
		await page.goto(url);
		await page.getByText("Live", { exact: true }).waitFor();
		return page;
	}

	const say = async (page: Page, text: string): Promise<void> => {
		await page.getByPlaceholder("Write a message").fill(text);
		await page.getByPlaceholder("Write a message").press("Enter");
	};
	const hears = (page: Page, text: string): Promise<void> =>
		page.getByRole("log").getByText(text, { exact: true }).waitFor();

	/** The chat messages as the page shows them, in their order. */
	const shown = async (page: Page, prefix: string): Promise<string[]> => {
		const text = await page.getByRole("log").textContent();
		return (text ?? "").match(new RegExp(`${prefix}-[0-9]+`, "g")) ?? [];
	};

	test("each sees the other's messages, presence, typing and cursor", async () => {
		const [ada, ben] = [await window(`${server}/rooms/windows`), await window(`${server}/rooms/windows`)];
		await ada.getByRole("complementary").getByText("2", { exact: true }).waitFor();
		await say(ada, "hello from ada");
		await hears(ben, "hello from ada");
		await say(ben, "hello from ben");
		await hears(ada, "hello from ben");
		await ben.getByPlaceholder("Write a message").pressSequentially("I am wri");
		await ada.getByText("is typing").waitFor();
		await ben.mouse.move(300, 300);
		await ben.mouse.move(320, 320);
		await ada.locator(".cursor").getByText("Guest").waitFor();
		await ben.close();
		await ada.getByRole("complementary").getByText("1", { exact: true }).waitFor();
	});

	test("G2, G4: with the network cut and restored, every message is shown once, in order", async () => {
		const near = await window(`${server}/rooms/cable`);
		const far = await window(`${proxy.url}/rooms/cable`);
		for (let i = 1; i <= 3; i++) await say(near, `m-${i}`);
		await hears(far, "m-3");
		proxy.cut();
		await far
			.getByText(/^Waiting|^Not connected|^Connecting/i)
			.first()
			.waitFor();
		for (let i = 4; i <= 6; i++) await say(near, `m-${i}`);
		await say(far, "o-1");
		proxy.mend();
		await hears(far, "m-6");
		await hears(near, "o-1");
		await far.getByText("Live", { exact: true }).waitFor();
		expect(await shown(far, "m")).toEqual(["m-1", "m-2", "m-3", "m-4", "m-5", "m-6"]);
		expect(await shown(near, "o")).toEqual(["o-1"]);
		expect(await shown(far, "o")).toEqual(["o-1"]);
	});

	test("a reload keeps a guest's identity; two tabs are two guests", async () => {
		const watcher = await BareClient.join(`${server}/rooms/reload`);
		const page = await window(`${server}/rooms/reload`);
		await say(page, "before");
		const before = await watcher.hears("event");
		await page.reload();
		await page.getByText("Live", { exact: true }).waitFor();
		await say(page, "after");
		const after = await watcher.hears("event", 2);
		expect(after.from).toBe(before.from);
		const second = await page.context().newPage();
		await second.goto(`${server}/rooms/reload`);
		await second.getByText("Live", { exact: true }).waitFor();
		await say(second, "other");
		expect((await watcher.hears("event", 3)).from).not.toBe(before.from);
	});

	test("G8: text that is made to be dear to draw freezes neither who is there nor who comes", async () => {
		const room = `${server}/rooms/dear`;
		const there = await window(room);
		const sender = await BareClient.join(room);
		const dear = [
			`http://a${")".repeat(32_000)}`,
			`http://a${"(".repeat(16_000)}${")".repeat(16_000)}`,
			"http://a ".repeat(3_600),
			"http://".repeat(4_600),
			`http://${"é".repeat(16_000)}`,
		];
		for (const [index, text] of dear.entries()) {
			sender.send({ type: "publish", id: `dear-${index}`, name: "chat", data: { text } });
		}
		sender.send({ type: "publish", id: "last", name: "chat", data: { text: "the last word" } });
		await hears(there, "the last word");
		const newcomer = await window(room);
		await hears(newcomer, "the last word");
		await say(newcomer, "still here");
		await hears(there, "still here");
		expect((await newcomer.getByRole("log").textContent())?.includes(dear[0] ?? "")).toBe(true);
	});

	test("a line that cannot be drawn is plain text, and the lines around it stand", async () => {
		const room = `${server}/rooms/undrawn`;
		const context = await browser.newContext();
		// An address that this page's own URL parser fails on, as a bug would.
		await context.addInitScript(`const parse = URL.parse;
			URL.parse = (...all) => {
				if (String(all[0]).includes("breaks")) throw new Error("cannot be drawn");
				return parse.apply(URL, all);
			};`);
		const page = await context.newPage();
		const sender = await BareClient.join(room);
		const says = (text: string): void => sender.send({ type: "publish", id: text, name: "chat", data: { text } });
		says("before");
		says("see http://breaks.example/1");
		says("after");
		await sender.hears("event", 3);
		await page.goto(room);
		await hears(page, "after");
		says("see http://breaks.example/2");
		says("http://drawn.example/");
		await hears(page, "http://drawn.example/");
		await page.reload();
		await hears(page, "http://drawn.example/");
		expect(await page.locator(".line .text").allTextContents()).toEqual([
			"before",
			"see http://breaks.example/1",
			"after",
			"see http://breaks.example/2",
			"http://drawn.example/",
		]);
		expect(await page.locator(".line a").allTextContents()).toEqual(["http://drawn.example/"]);
	});

	test("a room is entered from the landing page by keyboard alone", async () => {
		const context = await browser.newContext({ viewport: { width: 360, height: 700 } });
		const page = await context.newPage();
		await page.goto(server);
		await page.getByRole("textbox").first().focus();
		await page.keyboard.press("ControlOrMeta+a");
		await page.keyboard.type("by-keys");
		await page.keyboard.press("Enter");
		await page.waitForURL("**/rooms/by-keys");
		await page.getByText("Live", { exact: true }).waitFor();
		await page.getByPlaceholder("Write a message").focus();
		await page.keyboard.type("typed");
		await page.keyboard.press("Enter");
		await hears(page, "typed");
		expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
	});
});
