/** `unfurl`: how far redirects are followed, each hop checked, and what is read of a page. */
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Card } from "../../src/jobs/card.ts";
import { type JobContext, NonRetryableError } from "../../src/jobs/kind.ts";
import { unfurl } from "../../src/jobs/unfurl.ts";

const OWN = ["rotunda.example:8787", "Rooms.Example"];

afterEach(() => {
	vi.unstubAllGlobals();
});

/** The web as it is for a test: pages by address; notes what was fetched. */
function web(pages: Record<string, () => Response | Promise<Response>>): string[] {
	const fetched: string[] = [];
	vi.stubGlobal("fetch", async (url: URL | string, init: RequestInit) => {
		expect(init.redirect, "redirects are followed by hand").toBe("manual");
		fetched.push(String(url));
		const page = pages[String(url)];
		if (page === undefined) throw new Error("no such host");
		return page();
	});
	return fetched;
}

const html = (body: string, headers: Record<string, string> = {}) =>
	new Response(body, { headers: { "Content-Type": "text/html; charset=utf-8", ...headers } });
const moved = (location: string, status = 302) => new Response(null, { status, headers: { Location: location } });

function run(url: string, signal = new AbortController().signal): Promise<Card> {
	return unfurl.run({ url }, { ownHosts: OWN, signal } as unknown as JobContext) as Promise<Card>;
}

describe("redirects", () => {
	test("are followed by hand, three at most, and the card tells where they ended", async () => {
		const pages = {
			"http://a.example/": () => moved("/b"),
			"http://a.example/b": () => moved("//c.example/", 301),
			"http://c.example/": () => moved("https://d.example/", 308),
			"https://d.example/": () => html("<title>D</title>"),
		};
		web(pages);
		expect(await run("http://a.example/")).toMatchObject({ url: "https://d.example/", host: "d.example", title: "D" });
		const fetched = web({ ...pages, "https://d.example/": () => moved("https://e.example/") });
		await expect(run("http://a.example/")).rejects.toThrow(NonRetryableError);
		expect(fetched).toHaveLength(4);
	});

	test.each([
		"http://127.0.0.1/",
		"http://0x7f.1/",
		"http://[::1]/",
		"http://localhost/",
		"http://a.internal./",
		"ftp://b.example/",
		"http://u:p@b.example/",
		"http://b.example:8080/",
		"http://rotunda.example/",
		"http://",
		"//10.0.0.1/x",
		`/${"x".repeat(2_000)}`,
	])("to %s end there: it is never fetched", async (location) => {
		const fetched = web({ "http://a.example/": () => moved(location) });
		await expect(run("http://a.example/")).rejects.toThrow(NonRetryableError);
		expect(fetched).toEqual(["http://a.example/"]);
	});
});

describe("what is read of a page", () => {
	test("its Open Graph card, else its title and description, as people read them", async () => {
		web({
			"http://a.example/": () =>
				html(`<title>No</title><meta property="og:title" content="A &amp; B &#x1F388;"><meta name="description" content=" two\n words ">
					<meta property="og:image" content="/i.png">`),
			"http://b.example/": () => html("<title>\n A &lt;b&gt;\u200b </title>"),
		});
		expect(await run("http://a.example/")).toEqual({
			url: "http://a.example/",
			host: "a.example",
			title: "A & B 🎈",
			description: "two words",
			image: "http://a.example/i.png",
		});
		expect(await run("http://b.example/")).toMatchObject({ title: "A <b>", description: "", image: null });
	});

	test("is bounded, well-formed, and its image is a web address or none", async () => {
		web({
			"http://a.example/": () =>
				html(`<title>${"x".repeat(1000)}&#xD800;</title><meta name="description" content="${"🎈".repeat(900)}">
					<meta property="og:image" content="javascript:alert(1)">`),
		});
		const card = await run("http://a.example/");
		expect(card.image).toBeNull();
		expect(card.title.length).toBeLessThanOrEqual(200);
		expect(card.description.length).toBeLessThanOrEqual(400);
		expect([card.title.isWellFormed(), card.description.isWellFormed()]).toEqual([true, true]);
	});

	test("is its first 512 KiB: what comes after is neither read nor asked for", async () => {
		let sent = 0;
		const chunk = new TextEncoder().encode(`<p>${"x".repeat(64 * 1024 - 3)}`);
		const endless = () =>
			new ReadableStream<Uint8Array>({
				pull(controller) {
					controller.enqueue(sent++ === 0 ? new TextEncoder().encode("<title>Long</title>") : chunk);
				},
			});
		web({ "http://a.example/": () => new Response(endless(), { headers: { "Content-Type": "text/html" } }) });
		expect(await run("http://a.example/")).toMatchObject({ title: "Long" });
		expect(sent).toBeLessThan(20);
	});

	test.each([
		["a picture", () => new Response("x", { headers: { "Content-Type": "image/png" } })],
		["nothing", () => new Response(null, { status: 204 })],
		["a 404", () => new Response("gone", { status: 404 })],
	])("where there is %s it is hopeless", async (_, page) => {
		web({ "http://a.example/": page });
		await expect(run("http://a.example/")).rejects.toThrow(NonRetryableError);
	});

	test("a type in capitals is HTML all the same", async () => {
		web({ "http://a.example/": () => html("<title>T</title>", { "Content-Type": "Text/HTML" }) });
		expect(await run("http://a.example/")).toMatchObject({ title: "T" });
	});

	test.each([500, 503, 429])("a %d and a host that is down may heal", async (status) => {
		web({ "http://a.example/": () => new Response("x", { status }) });
		const error = await run("http://a.example/").catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(Error);
		expect(error).not.toBeInstanceOf(NonRetryableError);
		const down = await run("http://down.example/").catch((thrown: unknown) => thrown);
		expect(down).not.toBeInstanceOf(NonRetryableError);
	});

	test("a page that never ends is given up when the run's time is over", async () => {
		vi.stubGlobal("fetch", async (_: URL, { signal }: RequestInit) => {
			const body = new ReadableStream({
				start: (controller) => signal?.addEventListener("abort", () => controller.error(new Error("aborted"))),
			});
			return new Response(body, { headers: { "Content-Type": "text/html" } });
		});
		await expect(run("http://a.example/", AbortSignal.timeout(50))).rejects.toThrow();
	});
});
