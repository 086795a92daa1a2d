/** A room with ten thousand lines behind, read in a real Chromium while fifty more come every second. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { BareClient } from "../support/bare-client.ts";
import { launch, whyNoBrowser } from "../support/browser.ts";
import { type BuiltServer, builtServer } from "../support/built-server.ts";
import { TASK_MS_MAX, tasksOf } from "../support/long-tasks.ts";
import { until } from "../support/until.ts";

const LINES = 10_000;
/**
 * How far up one reads while more come, how many lines are behind where all are scrolled by, and how far one reads down
 * again: as far as it goes, or so far that page after page has come.
 */
const [UP, SCROLLED, DOWN] = process.env.PAGES === "whole" ? [LINES / 2, LINES, 3_000] : [1_500, 2_000, 1_000];
const TALK_EVERY_MS = 20;

const skipped = whyNoBrowser();

describe.skipIf(skipped !== null)("a room with 10,000 lines behind", () => {
	let server: BuiltServer;
	let browser: Browser;
	let room: string;
	const pageErrors: Error[] = [];
	beforeAll(async () => {
		[server, browser] = await Promise.all([
			builtServer({ PUBLISH_PER_SECOND: "0", ROOM_PUBLISH_PER_SECOND: "100000", HISTORY_MAX_EVENTS: "30000" }),
			launch(),
		]);
		room = `${server.url}/rooms/long`;
		await fill(room, LINES);
	});
	afterAll(async () => {
		expect(pageErrors).toEqual([]);
		await Promise.all([browser.close(), server.dispose()]);
	});
	afterEach(async () => {
		for (const context of browser.contexts()) await context.close();
	});

	async function fill(url: string, lines: number): Promise<void> {
		const writer = await BareClient.join(url);
		for (let first = 1; first <= lines; first += 1000) {
			for (let from = first; from < first + 1000; from += 100) {
				writer.send(...Array.from({ length: 100 }, (_, index) => said(from + index)));
			}
			await writer.hears("event", first + 999);
		}
		await writer.close();
	}

	async function opened(prepare: (page: Page) => Promise<void> = async () => {}, url = room): Promise<Page> {
		const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
		const page = await context.newPage();
		await prepare(page);
		page.on("pageerror", (error) => pageErrors.push(error));
		await page.goto(url);
		await page.getByText("Live", { exact: true }).waitFor();
		await page.locator(".line").last().waitFor();
		return page;
	}

	/** Somebody who says fifty things a second, until stopped. */
	async function talk(): Promise<() => Promise<void>> {
		const talker = await BareClient.join(room);
		let n = 0;
		const timer = setInterval(() => talker.publish(`t-${++n}`, { text: `news ${n}` }), TALK_EVERY_MS);
		return async () => {
			clearInterval(timer);
			await talker.close();
		};
	}

	/** The topmost line that is whole in sight. */
	const topLine = (page: Page): Promise<{ seq: number; top: number }> =>
		page.evaluate(() => {
			const edge = document.querySelector(".scroller")?.getBoundingClientRect().top ?? 0;
			for (const line of document.querySelectorAll<HTMLElement>(".line")) {
				const { top } = line.getBoundingClientRect();
				if (top >= edge) return { seq: Number(line.dataset.seq), top };
			}
			return { seq: Number.NaN, top: Number.NaN };
		});

	/** Scrolls as a hand at the wheel does, until it is so. */
	async function scroll(page: Page, by: number, isThere: () => Promise<boolean>): Promise<void> {
		await page.mouse.move(500, 400);
		await until(
			async () => {
				await page.mouse.wheel(0, by);
				return isThere();
			},
			"it has scrolled there",
			() => "",
			120_000,
		);
	}

	const scrollTop = (page: Page): Promise<number> =>
		page.evaluate(() => document.querySelector(".scroller")?.scrollTop ?? 0);

	/** Keeps back the pages of the history that come, until it is called; what comes after it comes at once. */
	async function holdPages(page: Page): Promise<() => void> {
		const held: (() => void)[] = [];
		let isHolding = true;
		await page.routeWebSocket(/\/rooms\//, (socket) => {
			const room = socket.connectToServer();
			room.onMessage((frame) => {
				if (isHolding && String(frame).includes('"type":"history"')) held.push(() => socket.send(frame));
				else socket.send(frame);
			});
		});
		return () => {
			isHolding = false;
			for (const send of held.splice(0)) send();
		};
	}

	/** When what was scrolled is still; and, where nothing else is said, nothing is on its way. */
	const rest = async (page: Page, mayFetch = false): Promise<void> => {
		let before = Number.NaN;
		await until(async () => {
			const now = await page.evaluate(
				() =>
					new Promise<number>((resolve) => {
						const top = (): void => resolve(document.querySelector(".scroller")?.scrollTop ?? 0);
						requestAnimationFrame(() => requestAnimationFrame(top));
					}),
			);
			const isStill = now === before && (mayFetch || !(await page.getByText("Fetching").isVisible()));
			before = now;
			return isStill;
		}, "it rests");
	};

	/** All that are drawn, from top to bottom. */
	const drawn = (page: Page): Promise<number[]> =>
		page.evaluate(() => [...document.querySelectorAll<HTMLElement>(".line")].map(({ dataset }) => Number(dataset.seq)));

	/** Where that line was at each frame, as far down as it stood at first: 0 where it stood still. */
	async function watchLine(page: Page, seq: number): Promise<() => Promise<number[]>> {
		await page.evaluate((seq) => {
			const tops: number[] = [];
			Object.assign(globalThis, { tops });
			const look = (): void => {
				tops.push(document.querySelector(`.line[data-seq="${seq}"]`)?.getBoundingClientRect().top ?? Number.NaN);
				requestAnimationFrame(look);
			};
			look();
		}, seq);
		return () =>
			page.evaluate(() => {
				const { tops } = globalThis as unknown as { tops: number[] };
				return tops.map((top) => top - (tops[0] ?? 0));
			});
	}

	const expectConsecutive = (seqs: readonly number[]): void => {
		expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
	};

	test("is read in its middle while more come: no task is long, the line stands still, and few lines are drawn", async () => {
		const page = await opened();
		const hush = await talk();
		const unseen = async (): Promise<number> =>
			Number.parseInt((await page.locator(".to-newest").textContent()) ?? "", 10);
		let shifts: number[] = [];
		const tasks = await tasksOf(browser, page, async () => {
			await scroll(page, -4000, async () => (await topLine(page)).seq < LINES - UP);
			await rest(page);
			const lookBack = await watchLine(page, (await topLine(page)).seq);
			const before = await unseen();
			await until(async () => (await unseen()) >= before + 200, "200 more have come");
			shifts = await lookBack();
		});
		await hush();
		expect(tasks.filter((ms) => ms > TASK_MS_MAX)).toEqual([]);
		expect(shifts.length).toBeGreaterThan(10);
		expect(Math.max(...shifts.map(Math.abs))).toBeLessThanOrEqual(1);
		const seqs = await drawn(page);
		expect(seqs.length).toBeLessThan(150);
		expectConsecutive(seqs);
	});

	// At the very top as well, where the first line tells its day and author no longer when it is the first no more.
	test.each([-1000, -9000])(
		"the line under the reader stands still while older ones are put before it: %i px",
		async (by) => {
			let letGo = (): void => {};
			const page = await opened(async (page) => {
				letGo = await holdPages(page);
			});
			await scroll(page, by, () => page.getByText("Fetching").isVisible());
			await rest(page, true);
			const before = await scrollTop(page);
			const [, seq = 0] = await drawn(page);
			const lookBack = await watchLine(page, seq);
			letGo();
			await until(async () => (await scrollTop(page)) > before + 1000, "an older page is there");
			await rest(page);
			expect(Math.max(...(await lookBack()).map(Math.abs))).toBeLessThanOrEqual(1);
		},
	);

	test("the line under the reader stays in sight at the top when the window takes another width", async () => {
		const page = await opened();
		await scroll(page, -1500, async () => (await topLine(page)).seq < LINES - 300);
		await rest(page);
		const { seq } = await topLine(page);
		for (const width of [500, 1440]) {
			await page.setViewportSize({ width, height: 900 });
			await rest(page);
			expect(Math.abs((await topLine(page)).seq - seq)).toBeLessThanOrEqual(2);
		}
	});

	test("its first line is reached by scrolling alone, and every line stands where it belongs", async () => {
		const behind = SCROLLED === LINES ? room : `${server.url}/rooms/scrolled`;
		if (behind !== room) await fill(behind, SCROLLED);
		const page = await opened(undefined, behind);
		const firsts: number[] = [];
		await scroll(page, -4000, async () => {
			const seqs = await drawn(page);
			expectConsecutive(seqs);
			firsts.push(seqs[0] ?? 0);
			return seqs[0] === 1;
		});
		await page.getByText("The room begins here.").waitFor();
		// Upwards all the way: nothing threw the reader back.
		expect(firsts).toEqual([...firsts].sort((a, b) => b - a));
	});

	test("one gets to the beginning and to the newest at a stroke, and meets every line on the way down", async () => {
		const page = await opened();
		await scroll(page, -1000, () => page.locator(".to-oldest").isVisible());
		await page.locator(".to-oldest").click();
		await page.getByText("The room begins here.").waitFor();
		await rest(page);
		expect([await scrollTop(page), (await drawn(page))[0]]).toEqual([0, 1]);
		await scroll(page, 4000, async () => {
			const seqs = await drawn(page);
			expectConsecutive(seqs);
			return (seqs[0] ?? 0) > DOWN;
		});
		const hush = await talk();
		await page.locator(".to-newest").click();
		await page.locator(".to-newest").waitFor({ state: "detached" });
		await page.getByText(/^news/).last().waitFor();
		expectConsecutive(await drawn(page));
		await hush();
	});
});

const said = (n: number): object => ({
	type: "publish",
	id: `l-${n}`,
	name: "chat",
	data: {
		text:
			n % 7 === 0
				? `Line ${n}. ${"It goes on for a while, so that it takes more than one row. ".repeat(4)}`
				: `Line ${n}.`,
	},
});
