/**
 * Clients on libraries that are not ours, in short: what `npm run foreign` does with these and with those in other
 * languages for two minutes.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { Foreigner, NODE_CLIENTS, NotRun } from "../long/foreign/clients.ts";
import { faultsOf } from "../long/foreign/verdict.ts";
import { BareClient } from "../support/bare-client.ts";
import { Child } from "../support/child.ts";
import { Network } from "../support/network.ts";

const url = inject("server");

describe.concurrent.each(NODE_CLIENTS)("$name, alive by $life", ({ name, life, command }) => {
	test("G2 G3 G4 [P-3] [H-1] hears each event once and in order, its own too, however it is cut", async () => {
		const program = command();
		if (program instanceof NotRun) throw new Error(program.why);
		const path = `/rooms/foreign-${name}`;
		const ada = await BareClient.join(url + path);
		const proxy = await Network.to(url);
		const foreigner = new Foreigner(program, proxy.url + path, life);
		try {
			await foreigner.tells("joined");
			foreigner.say("hello");
			await foreigner.tells("answered");

			// Cut while it has nothing to say: it misses three.
			proxy.cut();
			for (const text of ["b", "c", "d"]) ada.publish(text, { text });
			await ada.hears("event", 4);
			proxy.mend();
			await foreigner.tells("event", 4);

			// Cut as soon as what it says is stored: it may not know.
			foreigner.say("stored");
			await ada.hears("event", 5);
			proxy.cut();
			proxy.mend();
			await foreigner.tells("answered", 2);

			// Cut before it speaks: what it says waits.
			proxy.cut();
			foreigner.say("kept");
			ada.publish("e", { text: "e" });
			await ada.hears("event", 6);
			proxy.mend();
			await ada.hears("event", 7);

			await foreigner.end();
			expect(faultsOf(foreigner, ada.events)).toEqual([]);
			expect(foreigner.all("joined").length).toBeGreaterThan(2);
			if (life === "ping") expect(foreigner.all("alive").length).toBeGreaterThan(2);
			else expect(foreigner.all("alive")).toEqual([]);
			await ada.close();
		} finally {
			foreigner.kill();
			proxy.close();
		}
	});
});

test("[R-2] [P-3] a bare client, as its page shows it, is heard once, and resumes when it is cut", async () => {
	const page = readFileSync(join(import.meta.dirname, "../../docs/bare-client.md"), "utf8");
	const [, shown = ""] = /```js\n(const room = "ws:[\s\S]*?)```/.exec(page) ?? [];
	const proxy = await Network.to(url);
	const folder = mkdtempSync(join(tmpdir(), "rotunda-bare-"));
	const ada = await BareClient.join(`${url}/rooms/lobby?name=Ada`);
	writeFileSync(join(folder, "bare.mjs"), shown.replace("ws://localhost:8787", proxy.url.replace("http", "ws")));
	const child = new Child(process.execPath, [join(folder, "bare.mjs")]);
	const printed = (): string => child.said.join("");
	const prints = (line: string) => child.until(async () => printed().includes(`${line}\n`), `it prints ${line}`);
	try {
		await prints("fresh");
		expect(await ada.hears("event")).toMatchObject({ data: { text: "Hello" } });
		proxy.cut();
		ada.publish("1", { text: "while you were away" });
		await ada.hears("event", 2);
		proxy.mend();
		await prints("resumed");
		await prints("Ada: while you were away");
		expect(printed().match(/: Hello$/gm)).toHaveLength(1);
		expect(ada.events).toHaveLength(2);
	} finally {
		await child.kill();
		rmSync(folder, { recursive: true, force: true });
		proxy.close();
		await ada.close();
	}
});
