/** What a page's main thread took of a core, as its browser traces it. */
import type { Browser, Page } from "playwright-core";

interface Traced {
	name: string;
	pid: number;
	tid: number;
	/** Of a core, µs. */
	tdur?: number;
	args: { name?: string };
}

/** What a page may take of a core at a stroke, ms: beyond, a frame or a key is late (https://www.w3.org/TR/longtasks-1/). */
export const TASK_MS_MAX = 50;

/**
 * Task by task, while something is done: ms, the longest first. A long task as browsers tell of it counts what the thread
 * waited for a core too, which is the machine's and not the page's.
 */
export async function tasksOf(browser: Browser, page: Page, act: () => Promise<void>): Promise<number[]> {
	await browser.startTracing(page, { categories: ["toplevel"] });
	await act();
	const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: Traced[] };
	const thread = ({ pid, tid }: Traced): string => `${pid}.${tid}`;
	const main = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
	const mains = new Set(main.map(thread));
	const tasks = traceEvents.filter((each) => each.tdur !== undefined && mains.has(thread(each)));
	return tasks.map(({ tdur = 0 }) => tdur / 1000).sort((a, b) => b - a);
}
