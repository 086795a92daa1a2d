/** `rotunda/react` in a real Chromium: what docs/react.md shows, in StrictMode. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { BareClient } from "../support/bare-client.ts";
import { launch, whyNoBrowser } from "../support/browser.ts";

const ROOT = join(import.meta.dirname, "../..");
const shown = readFileSync(join(ROOT, "docs/react.md"), "utf8");
const [, CHAT = ""] = /^```tsx Chat\.tsx\n([\s\S]*?)^```$/m.exec(shown) ?? [];

/** One who reads an entry, one who reads others, and one who reads none: each says how often it was rendered. */
const BOARD = `
import { RoomProvider, useEntries, useEntry, useSet } from "rotunda/react";
const renders = (globalThis.counts = { topic: 0, shapes: 0, setter: 0 });
export const App = () => (
	<RoomProvider url="http://localhost:8787/rooms/board" name="Ada"><Topic /><Shapes /><Setter /></RoomProvider>
);
function Topic() {
	renders.topic++;
	const [topic, setTopic] = useEntry("topic");
	return <input value={topic ?? ""} onChange={({ target }) => void setTopic(target.value)} aria-label="Topic" />;
}
function Shapes() {
	renders.shapes++;
	return <ul>{useEntries("shape/").map(({ key, value }) => <li key={key}>{key + " at " + value}</li>)}</ul>;
}
function Setter() {
	renders.setter++;
	const set = useSet("shape/1");
	return <button onClick={() => void set((at) => (at ?? 0) + 1)}>Move</button>;
}
`;

const MAIN = `
import { createElement, Profiler, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./Chat.tsx";
globalThis.renders = 0;
const counted = createElement(Profiler, { id: "all", onRender: () => globalThis.renders++ }, createElement(App));
createRoot(document.body.appendChild(document.createElement("main"))).render(createElement(StrictMode, null, counted));
`;

/** The page and its scripts, by path, whose rooms are this server's: what few pages need is loaded later. */
async function bundled(folder: string, url: string, page: string): Promise<Map<string, string>> {
	writeFileSync(join(folder, "Chat.tsx"), page.replaceAll("http://localhost:8787/rooms/", `${url}/rooms/react-`));
	writeFileSync(join(folder, "main.ts"), MAIN);
	const { output } = (await build({
		root: folder,
		configFile: false,
		logLevel: "error",
		define: { "process.env.NODE_ENV": '"development"' },
		resolve: { alias: { "rotunda/react": join(ROOT, "dist/package/react.js") } },
		build: { write: false, minify: false, rolldownOptions: { input: join(folder, "main.ts") } },
	})) as Rolldown.RolldownOutput;
	const chunks = output.filter((part) => part.type === "chunk");
	const entry = chunks.find(({ isEntry }) => isEntry)?.fileName;
	const html = `<!doctype html><body><script type="module" src="/${entry}"></script>`;
	return new Map([["/", html], ...chunks.map(({ fileName, code }): [string, string] => [`/${fileName}`, code])]);
}

describe.skipIf(whyNoBrowser() !== null)("a page that is React", () => {
	const server = inject("server");
	let browser: Browser;
	let chat: Server;
	let board: Server;
	let folder: string;
	beforeAll(async () => {
		browser = await launch();
		folder = mkdtempSync(join(ROOT, "node_modules/.rotunda-react-"));
		chat = await serve(CHAT);
		board = await serve(BOARD);
	});
	afterAll(async () => {
		chat?.close();
		board?.close();
		rmSync(folder, { recursive: true, force: true });
		await browser?.close();
	});

	/** A site of this one page. */
	async function serve(shownPage: string): Promise<Server> {
		const scripts = await bundled(folder, server, shownPage);
		const site = createServer((request, answer) => {
			const part = scripts.get(request.url ?? "");
			answer.writeHead(part === undefined ? 204 : 200, {
				"Content-Type": request.url === "/" ? "text/html" : "text/javascript",
			});
			answer.end(part);
		});
		await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
		return site;
	}

	async function opened(site: Server): Promise<{ page: Page; said: string[] }> {
		const page = await (await browser.newContext()).newPage();
		const said: string[] = [];
		page.on("console", (line) => {
			if (line.type() === "warning" || line.type() === "error") said.push(line.text());
		});
		page.on("pageerror", (error) => said.push(String(error)));
		await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`);
		return { page, said };
	}

	test("two windows hear each other, nobody is seen to leave, and the console has nothing to say", async () => {
		const watcher = await BareClient.join(`${server}/rooms/react-lobby`);
		const [one, other] = [await opened(chat), await opened(chat)];
		await one.page.getByText("3 here").waitFor();
		await one.page.getByLabel("Message").fill("Hello");
		await one.page.getByLabel("Message").press("Enter");
		await other.page.getByText("Ada: Hello").waitFor();
		await one.page.getByText("Ada: Hello").waitFor();
		const left = watcher.heard.flatMap((message) => (message.type === "presence" ? message.left : []));
		expect([left, one.said, other.said]).toEqual([[], [], []]);
		watcher.socket.close();
	});

	test("an entry behind an input shows at once and in the other window, and renders nobody who does not read it", async () => {
		const [one, other] = [await opened(board), await opened(board)];
		const counts = (page: Page): Promise<Record<string, number>> =>
			page.evaluate(() => ({ ...(globalThis as unknown as { counts: Record<string, number> }).counts }));
		await one.page.getByText("Move").click();
		await other.page.getByText("shape/1 at 1").waitFor();
		const before = await counts(other.page);
		const topic = one.page.getByLabel("Topic");
		await topic.pressSequentially("Lch");
		// In the middle of the text: the caret stays where it is.
		await topic.press("ArrowLeft");
		await topic.press("ArrowLeft");
		await topic.pressSequentially("un");
		await other.page.waitForFunction(() => document.querySelector("input")?.value === "Lunch");
		expect(await topic.inputValue()).toBe("Lunch");
		const after = await counts(other.page);
		expect(after.topic).toBeGreaterThan(before.topic ?? 0);
		expect([after.shapes, after.setter]).toEqual([before.shapes, before.setter]);
		for (let i = 2; i <= 5; i++) await other.page.getByText("Move").click();
		await one.page.getByText("shape/1 at 5").waitFor();
		expect((await counts(other.page)).topic).toBe(after.topic);
		expect([one.said, other.said]).toEqual([[], []]);
	});
});
