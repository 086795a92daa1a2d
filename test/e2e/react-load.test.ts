/** `rotunda/react` under load, in a real Chromium: built for production, as it is in use. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BareClient } from "../support/bare-client.ts";
import { launch, whyNoBrowser } from "../support/browser.ts";
import { type BuiltServer, builtServer } from "../support/built-server.ts";
import { TASK_MS_MAX, tasksOf } from "../support/long-tasks.ts";
import { until } from "../support/until.ts";

const ROOT = join(import.meta.dirname, "../..");
const LINES = 10_000;
const TALK_EVERY_MS = 20;
const TALK_MS = 6_000;

/** Ten components that read of the room, one of them the end of a list of all that is held. */
const PAGE = `
import { createElement, useState } from "react";
import { createRoot } from "react-dom/client";
import { RoomProvider, useConnection, useEntries, useEntry, useEvents, useJob, useMe, useMembers, usePresence, useSignal } from "rotunda/react";

const p = (text) => createElement("p", null, text);
function List() {
	const { events } = useEvents("chat");
	const shown = events.slice(-100);
	return createElement("ul", null, shown.map(({ seq, author, data }) => createElement("li", { key: seq }, author, ": ", data.text)));
}
const parts = [
	List,
	() => p("seq " + (useEvents().events.at(-1)?.seq ?? 0) + " of " + useEvents().events.length),
	() => p(useMembers().count + " here"),
	() => p(useConnection().kind),
	() => p("I am " + useMe()?.name),
	() => p("topic " + String(useEntry("topic")[0])),
	() => p("shapes " + useEntries("shape/").length),
	() => p("state " + String(usePresence()[0])),
	() => p("job " + String(useJob("unfurl").state)),
	() => {
		const [cursor, move] = useState(0);
		useSignal("cursor", ({ data }) => move(data));
		return p("cursor " + cursor);
	},
];
const room = { url: "ROOM", name: "Ada", history: 200, eventsMax: ${LINES} };
const app = createElement(RoomProvider, room, parts.map((part, key) => createElement(part, { key })));
createRoot(document.body.appendChild(document.createElement("main"))).render(app);
`;

const whyNot = process.env.PAGES === "whole" ? whyNoBrowser() : "it is long: `npm run pages` runs it";

describe.skipIf(whyNot !== null)(
	`a page that is React, of ten components${whyNot === null ? "" : ` (skipped: ${whyNot})`}`,
	() => {
		let server: BuiltServer;
		let browser: Browser;
		let folder: string;
		beforeAll(async () => {
			const vars = { PUBLISH_PER_SECOND: "0", ROOM_PUBLISH_PER_SECOND: "100000", HISTORY_MAX_EVENTS: "30000" };
			[server, browser] = await Promise.all([builtServer(vars), launch()]);
			folder = mkdtempSync(join(ROOT, "node_modules/.rotunda-load-"));
		});
		afterAll(async () => {
			rmSync(folder, { recursive: true, force: true });
			await Promise.all([browser?.close(), server?.dispose()]);
		});

		/** The page's script. */
		async function bundled(room: string): Promise<string> {
			writeFileSync(join(folder, "main.ts"), PAGE.replace("ROOM", room));
			const [built] = (await build({
				root: folder,
				configFile: false,
				logLevel: "error",
				define: { "process.env.NODE_ENV": '"production"' },
				resolve: { alias: { "rotunda/react": join(ROOT, "dist/package/react.js") } },
				build: { write: false, lib: { entry: join(folder, "main.ts"), formats: ["iife"], name: "page" } },
			})) as Rolldown.RolldownOutput[];
			return built?.output[0].code ?? "";
		}

		test("fifty messages a second into a list of 10,000: no task is long", async () => {
			const room = `${server.url}/rooms/load`;
			const page = await browser.newPage({ bypassCSP: true });
			const talker = await BareClient.join(room);
			await page.goto(`${server.url}/client.js`);
			await page.addScriptTag({ content: await bundled(room) });
			await page.getByText("live", { exact: true }).waitFor();
			const said = (n: number) => ({ type: "publish", id: `l${n}`, name: "chat", data: { text: `line ${n}` } });
			for (let n = 0; n < LINES; n += 100) talker.send(...Array.from({ length: 100 }, (_, i) => said(n + i)));
			await page.getByText(`seq ${LINES} of ${LINES}`).waitFor({ timeout: 60_000 });
			let n = LINES;
			const tasks = await tasksOf(browser, page, async () => {
				const timer = setInterval(() => {
					talker.send(said(n++));
					talker.send({ type: "signal", name: "cursor", data: n });
				}, TALK_EVERY_MS);
				await until(() => n >= LINES + TALK_MS / TALK_EVERY_MS, "all was said");
				clearInterval(timer);
				await page.getByText(`seq ${n} of ${LINES}`).waitFor();
			});
			expect(tasks.filter((ms) => ms > TASK_MS_MAX)).toEqual([]);
			await talker.close();
		});
	},
);
