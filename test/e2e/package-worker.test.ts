/** Somebody's Worker, with the package installed, as `wrangler dev` serves it: what README and its page show, and no more. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { joinRoom } from "../../src/client/index.ts";
import { Child } from "../support/child.ts";
import { type Project, projectWith } from "../support/packed.ts";
import { freePort } from "../support/ports.ts";

const read = (page: string) => readFileSync(join(import.meta.dirname, "../..", page), "utf8");
const readme = read("README.md");
const fileOf = (name: string) => readFileSync(join(import.meta.dirname, "../package", name), "utf8");

/** The smallest configuration, as the README shows it. */
const [, SMALLEST = ""] = /^```toml\n(name = "somebodys"[\s\S]*?)^```$/m.exec(readme) ?? [];

let project: Project;
let enter: typeof joinRoom;
beforeAll(async () => {
	project = projectWith(["hono"]);
	project.take("app.ts", "worker.ts", "hono.ts");
	const client = pathToFileURL(join(project.folder, "node_modules/rotunda/dist/package/client.js")).href;
	({ joinRoom: enter } = (await import(client)) as { joinRoom: typeof joinRoom });
});
afterAll(() => project.dispose());

async function serve(config: string, toml: string): Promise<{ url: string; child: Child }> {
	project.write(config, toml);
	const port = await freePort();
	const args = ["dev", "--port", String(port), "--ip", "127.0.0.1", "--inspector-port", "0", "--config"];
	args.push(join(project.folder, config), "--show-interactive-dev-session=false");
	const child = new Child("wrangler", args, { cwd: project.folder, detached: true });
	await child.answers(port);
	return { url: `http://127.0.0.1:${port}`, child };
}

/** Two members of the room at that address; the first says a word, and the second hears it. */
async function talk(url: string): Promise<void> {
	const [ann, bob] = [enter(url, { name: "Ann" }), enter(url, { name: "Bob" })];
	const heard = new Promise((resolve) => bob.on("event", ({ author, data }) => resolve([author, data])));
	await ann.publish("chat", { text: "Hello" });
	expect(await heard).toEqual(["Ann", { text: "Hello" }]);
	ann.leave();
	bob.leave();
}

describe("a Worker of a few lines with one binding", () => {
	let served: Awaited<ReturnType<typeof serve>>;
	beforeAll(async () => {
		served = await serve("wrangler.toml", SMALLEST);
	});
	afterAll(() => served.child.kill());

	test("is what the README shows", () => {
		const lines = fileOf("worker.ts")
			.split("\n")
			.filter((line) => line !== "");
		expect(lines.length).toBeLessThanOrEqual(5);
		expect(readme).toContain(fileOf("worker.ts"));
	});

	test("serves rooms, and says once what it is without", async () => {
		await talk(`${served.url}/rooms/lobby`);
		const page = await fetch(`${served.url}/rooms/lobby`, { headers: { Accept: "text/html" } });
		expect(await page.json()).toMatchObject({ room: "lobby", head: 1 });
		const said = served.child.said.join("");
		expect(said.match(/Rotunda is without.*/g)).toEqual([expect.stringMatching(/JOBS.*ARCHIVE.*ASSETS.*JOINS/)]);
	});

	test("refuses a job in words, and the room goes on", async () => {
		const room = enter(`${served.url}/rooms/jobs`);
		await expect(room.requestJob("unfurl", { url: "https://a.example/" })).rejects.toMatchObject({
			code: "unknown_job",
		});
		room.leave();
	});
});

describe("beside a site made with Hono, under a path, with the pages", () => {
	let served: Awaited<ReturnType<typeof serve>>;
	beforeAll(async () => {
		const [, assets = ""] = /^```toml\n(\[assets\][\s\S]*?)^```$/m.exec(read("docs/worker.md")) ?? [];
		served = await serve("hono.toml", `${SMALLEST.replace("worker.ts", "hono.ts")}\n${assets}`);
	});
	afterAll(() => served.child.kill());

	test("the site is the site, and the rooms are under the path", async () => {
		expect(await (await fetch(served.url)).text()).toBe("the shop");
		await talk(`${served.url}/rt/rooms/lobby`);
		const document = await fetch(`${served.url}/rt/openapi.json`);
		expect(await document.json()).toMatchObject({ servers: [{ url: "/rt" }] });
	});

	test("what must be checked is refused, for there is no queue", async () => {
		const room = enter(`${served.url}/rt/rooms/checked`);
		await expect(room.publish("post", { text: "Hello" })).rejects.toMatchObject({ code: "not_configured" });
		await expect(room.requestJob("order", { item: "tea" })).rejects.toMatchObject({ code: "not_configured" });
		room.leave();
	});

	test("the pages load all that they need from there", async () => {
		const page = await (await fetch(`${served.url}/rt/rooms/lobby`, { headers: { Accept: "text/html" } })).text();
		const loads = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = ""]) => address);
		expect(loads.length).toBeGreaterThan(2);
		for (const address of [...loads, "/rt/client.js"]) {
			const file = await fetch(served.url + address);
			expect([address.startsWith("/rt/"), file.status], address).toEqual([true, 200]);
			await file.arrayBuffer();
		}
	});
});
