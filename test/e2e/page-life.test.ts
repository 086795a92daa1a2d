/** What a page goes through in a real Chromium: duplicated, left and come back to, and without workers. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { BareClient } from "../support/bare-client.ts";
import { launch, whyNoBrowser } from "../support/browser.ts";

/** A page that joins as many rooms as its query says, and shows where it stands. */
const html = (server: string): string => `<!doctype html>
<title>a page of somebody's</title>
<p id="state"></p>
<p id="guest"></p>
<script type="module">
	import { joinRoom } from "${server}/client.js";
	const query = new URLSearchParams(location.search);
	const options = query.has("worker") ? { worker: false } : {};
	globalThis.rooms = query.getAll("room").map((name) => joinRoom("${server}/rooms/" + name, options));
	const [room] = rooms;
	room.on("state", ({ kind }) => {
		state.textContent = kind;
		guest.textContent = room.me?.id ?? "";
	});
	addEventListener("pageshow", ({ persisted }) => (globalThis.wasKept ||= persisted));
</script>`;

const skipped = whyNoBrowser();

describe.skipIf(skipped !== null)("a page", () => {
	const server = inject("server");
	let browser: Browser;
	let context: BrowserContext;
	let site: Server;
	let url: string;
	beforeAll(async () => {
		browser = await launch([], ["--disable-back-forward-cache"]);
		context = await browser.newContext();
		site = createServer((request, answer) => {
			if (request.url?.includes("strict") === true) {
				answer.setHeader("Content-Security-Policy", "worker-src 'none'");
			}
			answer.setHeader("Content-Type", "text/html").end(request.url === "/away" ? "away" : html(server));
		});
		await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
		url = `http://localhost:${(site.address() as AddressInfo).port}`;
	});
	afterAll(async () => {
		site.close();
		await browser.close();
	});

	const live = (page: Page): Promise<void> => page.locator("#state", { hasText: /^live$/ }).waitFor();
	const guestOf = async (page: Page): Promise<string> => (await page.locator("#guest").textContent()) ?? "";

	async function opened(path: string): Promise<Page> {
		const page = await context.newPage();
		await page.goto(`${url}${path}`);
		await live(page);
		return page;
	}

	test("that is duplicated is another guest, and one that is reloaded is the same", async () => {
		const page = await opened("/?room=double");
		const guest = await guestOf(page);
		// Nobody duplicates a tab within the moment that its lock takes.
		const locks = () => page.evaluate(async () => (await navigator.locks.query()).held?.length);
		await expect.poll(locks).toBe(1);
		// A window that a page opens begins with a copy of its storage, as a duplicated tab does.
		const [copy] = await Promise.all([
			context.waitForEvent("page"),
			page.evaluate(() => void window.open(location.href)),
		]);
		await live(copy);
		expect(await guestOf(copy)).not.toBe(guest);
		for (const tab of [copy, page]) {
			const before = await guestOf(tab);
			await tab.reload();
			await live(tab);
			expect(await guestOf(tab)).toBe(before);
		}
		await Promise.all([page.close(), copy.close()]);
	});

	test("G9 that is left for another is gone after the grace, though the browser keeps it, and goes on where it is shown again", async () => {
		const watcher = await BareClient.join(`${server}/rooms/left`);
		const page = await opened("/?room=left");
		const guest = await guestOf(page);
		await page.goto(`${url}/away`);
		const leftAt = Date.now();
		const isGone = (): boolean =>
			watcher.all("presence").some((told) => told.type === "presence" && told.left.includes(guest));
		await watcher.waits(isGone, "the guest is gone");
		expect(Date.now() - leftAt).toBeLessThan(20_000);
		// A page that was kept does not load, which is what `goBack` would wait for.
		await page.goBack({ waitUntil: "commit" });
		await page.waitForURL(`${url}/?room=left`, { waitUntil: "commit" });
		expect(await page.evaluate(() => (globalThis as { wasKept?: boolean }).wasKept)).toBe(true);
		await live(page);
		expect(await guestOf(page)).toBe(guest);
		await page.close();
	});

	test("has one worker for all of its rooms, and none when the last is left", async () => {
		const page = await opened("/?room=one&room=two&room=three");
		await expect.poll(() => page.workers().length).toBe(1);
		const [worker] = page.workers();
		const isOver = worker?.waitForEvent("close");
		await page.evaluate(() => {
			for (const room of (globalThis as unknown as { rooms: { leave(): void }[] }).rooms) room.leave();
		});
		await isOver;
		expect(page.workers()).toHaveLength(0);
		await page.close();
	});

	test("whose policy forbids workers is told once what that means, and joins; `worker: false` asks for none", async () => {
		const told = async (path: string, isTold: boolean): Promise<string[]> => {
			const page = await context.newPage();
			const warnings: string[] = [];
			page.on("console", (line) => line.text().startsWith("Rotunda:") && warnings.push(line.text()));
			await page.goto(`${url}${path}`);
			await live(page);
			if (isTold) await expect.poll(() => warnings.length).toBeGreaterThan(0);
			await page.close();
			return warnings;
		};
		const warnings = await told("/?strict&room=one&room=two", true);
		expect(warnings).toHaveLength(1);
		expect(warnings[0]).toMatch(/Content-Security-Policy.*worker: false/);
		expect(await told("/?strict&worker&room=one", false)).toEqual([]);
	});
});
