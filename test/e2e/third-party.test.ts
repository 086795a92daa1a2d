/** Ten lines of HTML on another site of the same machine, with nothing configured. */
import { createServer, type Server } from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { BareClient } from "../support/bare-client.ts";
import { launch, whyNoBrowser } from "../support/browser.ts";

const page = (server: string): string => `<!doctype html>
<title>mine</title>
<p id="said"></p>
<script type="module">
	import { joinRoom } from "${server}/client.js";
	const room = joinRoom("${server}/rooms/theirs", { name: "Page" });
	room.on("event", ({ author, data }) => { said.textContent += author + ": " + data.text + "; "; });
	await room.publish("chat", { text: "from another origin" });
</script>`;

const skipped = whyNoBrowser();

describe.skipIf(skipped !== null)("a page on another origin of the same machine", () => {
	const server = inject("server");
	let browser: Browser;
	let site: Server;
	beforeAll(async () => {
		browser = await launch();
		site = createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end(page(server)));
		await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
	});
	afterAll(async () => {
		site.close();
		await browser.close();
	});

	test("joins a room with ten lines that import /client.js", async () => {
		const watcher = await BareClient.join(`${server}/rooms/theirs`);
		const address = site.address();
		const tab = await browser.newPage();
		await tab.goto(`http://localhost:${typeof address === "object" ? address?.port : 0}/`);
		await tab.getByText("Page: from another origin").waitFor();
		expect(await watcher.hears("event")).toMatchObject({ author: "Page", data: { text: "from another origin" } });
	});
});
