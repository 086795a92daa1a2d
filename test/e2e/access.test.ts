/** Who is let in, in a real Chromium: what a refused page says, what a foreign page cannot, and what markup does not do. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { joinRoom } from "../../src/client/index.ts";
import { inSeconds, mint, SECRET } from "../mint.ts";
import { BareClient } from "../support/bare-client.ts";
import { launch, whyNoBrowser } from "../support/browser.ts";
import { type BuiltServer, builtServer } from "../support/built-server.ts";
import { until } from "../support/until.ts";
import { ForeignSite } from "./foreign-site.ts";

const KEY = "an-operator-key";
const HOSTS = ["friend.example", "evil.example"];
const SEATS = 5;
/** Where a page says why one is not let in: a sign to one who never was, a banner to one who reads on. */
const WHY = ".refused, .banner.wrong";
const skipped = whyNoBrowser();

let server: BuiltServer;
/** Another site, under two names: one that is listed, and one that is not. */
let site: ForeignSite;
let browser: Browser | undefined;
beforeAll(async () => {
	site = await ForeignSite.open();
	if (skipped === null) browser = await launch(HOSTS);
	server = await builtServer({
		TOKEN_SECRET: SECRET,
		OPERATOR_KEY: KEY,
		ALLOWED_ORIGINS: site.origin("friend.example"),
		ROOM_MAX_SESSIONS: String(SEATS),
		PUBLISH_PER_SECOND: "0",
	});
});
afterAll(async () => {
	site.close();
	await Promise.all([browser?.close(), server.dispose()]);
});

async function newContext(): Promise<BrowserContext> {
	if (browser === undefined) throw new Error("There is no browser.");
	return browser.newContext();
}

const operate = async (room: string, action: object): Promise<void> => {
	const answer = await fetch(`${server.url}/rooms/${room}/moderation`, {
		method: "POST",
		headers: { Authorization: `Bearer ${KEY}` },
		body: JSON.stringify(action),
	});
	expect(answer.status).toBe(204);
};

describe.skipIf(skipped !== null)("in a browser", () => {
	let context: BrowserContext;
	afterEach(() => context.close());

	/** A window, and how often it has tried to join. */
	async function open(path: string): Promise<{ page: Page; tries: () => number }> {
		context = await newContext();
		const page = await context.newPage();
		let tries = 0;
		page.on("websocket", () => tries++);
		await page.goto(server.url + path);
		return { page, tries: () => tries };
	}
	const status = (page: Page, word: string): Promise<void> => page.getByText(word, { exact: true }).waitFor();

	const REFUSED: [string, (room: string) => Promise<string>, RegExp, RegExp][] = [
		["expired", async () => `#token=${await mint({ exp: inSeconds(-5) })}`, /token has expired/i, /fresh link/i],
		["for another room", async () => `#token=${await mint({ rooms: ["x"] })}`, /not for this room/i, /link|sign-in/i],
		["forged", async () => `#token=${await mint({}, "another key that is long enough")}`, /key/i, /fresh link/i],
	];

	test.each(REFUSED)(
		"a join with a token that is %s: the page says so, and does not try again",
		async (_, link, what, advice) => {
			const { page, tries } = await open(`/rooms/team-a${await link("team-a")}`);
			await status(page, "Not let in");
			const banner = await page.locator(WHY).textContent();
			expect(banner).toMatch(what);
			expect(banner).toMatch(advice);
			// Coming back to the window is what makes a page that waits try at once.
			await page.evaluate("dispatchEvent(new Event('online'))");
			await status(page, "Not let in");
			expect(tries()).toBe(1);
		},
	);

	test("one who is banned in the room, or comes back to it, is told, and does not try again", async () => {
		const { page, tries } = await open("/rooms/banned");
		await status(page, "Live");
		const { members } = (await (await fetch(`${server.url}/rooms/banned/members`)).json()) as {
			members: { id: string }[];
		};
		await operate("banned", { action: "ban", member: members[0]?.id });
		await status(page, "Not let in");
		expect(await page.locator(WHY).textContent()).toMatch(/banned/i);
		await page.reload();
		await page
			.locator(WHY)
			.getByText(/banned/i)
			.waitFor();
		await page.evaluate("dispatchEvent(new Event('online'))");
		expect(tries()).toBe(2);
	});

	test("a room that is full is waited for: the page says so, and is let in by itself when there is a place", async () => {
		const seats = await Promise.all(Array.from({ length: SEATS }, () => BareClient.join(`${server.url}/rooms/full`)));
		const { page, tries } = await open("/rooms/full");
		await page.getByText("The room is full.").waitFor();
		await status(page, "Waiting");
		await seats[0]?.close();
		await status(page, "Live");
		expect(tries()).toBeGreaterThanOrEqual(2);
	});

	test("G10 a page on another origin does not get in, with or without the visitor's own key; a listed one does", async () => {
		const { page } = await open("/rooms/visited");
		await status(page, "Live");
		const outcomes: unknown[] = [];
		for (const host of HOSTS) {
			const other = await context.newPage();
			await other.goto(`${site.origin(host)}/?${new URLSearchParams({ room: `${server.url}/rooms/visited` })}`);
			await other.waitForFunction("document.title === 'done'");
			outcomes.push(JSON.parse((await other.locator("#said").textContent()) ?? ""));
		}
		expect(outcomes).toEqual([
			{ bare: "in", offered: "in", write: 201, read: 200, framed: "blocked" },
			{ bare: 1006, offered: 1006, write: "blocked", read: "blocked", framed: "blocked" },
		]);
		const kept = (await (await fetch(`${server.url}/rooms/visited/events`)).json()) as { events: { data: unknown }[] };
		expect(kept.events.map(({ data }) => data)).toEqual(["friend.example"]);
	});

	test("a name, a message, a card and a room's name that are markup are shown as text, and run nothing", async () => {
		const markup = "<img src=x onerror=hit()><script>hit()</script>";
		const ada = await BareClient.join(`${server.url}/rooms/markup?name=${encodeURIComponent(markup)}`);
		ada.publish("m1", { text: `${markup} javascript:hit() http://x.example/"onmouseover="hit()` });
		ada.publish("m2", { [markup]: markup }, markup);
		context = await newContext();
		const page = await context.newPage();
		const hits: string[] = [];
		await page.exposeFunction("hit", () => hits.push("script"));
		page.on("dialog", () => hits.push("dialog"));
		const card = (url: string, of: number) => ({
			...{ type: "event", seq: of + 2, at: Date.now(), from: "room:events", author: "Room", name: "room.job" },
			data: { job: "e-1", name: "unfurl", of, result: { url, title: markup, description: markup, image: url } },
		});
		// What a fetched page's title would bring: the event as the room tells it.
		await page.routeWebSocket(/rooms\/markup/, (socket) => {
			const far = socket.connectToServer();
			far.onMessage((text) => {
				socket.send(text);
				if (!String(text).includes("caught-up")) return;
				socket.send(JSON.stringify([card("https://x.example/", 1), card("javascript:hit()", 2)]));
			});
		});
		await page.goto(`${server.url}/rooms/markup`);
		await page.getByRole("link", { name: markup }).waitFor();
		expect(await page.getByRole("log").getByText(markup).count()).toBeGreaterThanOrEqual(3);
		expect(await page.getByRole("complementary").getByText(markup).count()).toBe(1);
		const links = await page
			.locator("a[target=_blank]")
			.evaluateAll((all) =>
				all.map((each) => [each.getAttribute("href"), each.getAttribute("rel"), each.getAttributeNames().join(" ")]),
			);
		expect(links.length).toBeGreaterThanOrEqual(2);
		for (const [href, rel, names] of links) {
			expect(href).toMatch(/^https?:\/\//);
			expect(rel).toBe("noopener noreferrer nofollow ugc");
			expect(names).not.toMatch(/\bon/);
		}
		await page.goto(`${server.url}/rooms/${encodeURIComponent(markup)}`);
		await page.getByRole("heading").first().waitFor();
		expect(await page.locator("img[src=x], script:not([src])").count()).toBe(0);
		expect(hits).toEqual([]);
	});

	test("`#token` leaves the address bar, and the token is neither kept nor sent in any address", async () => {
		const token = await mint({ name: "Ada L." });
		const { page } = await open("/");
		const addresses: string[] = [];
		page.on("request", (request) => addresses.push(request.url()));
		page.on("websocket", (socket) => addresses.push(socket.url()));
		await page.goto(`${server.url}/rooms/team-t#token=${token}`);
		await status(page, "Live");
		await page.getByRole("complementary").getByText("Ada L.").waitFor();
		expect(page.url()).toBe(`${server.url}/rooms/team-t`);
		const kept = await page.evaluate(
			"JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state, document.body.innerHTML])",
		);
		expect(kept).not.toContain(token);
		expect(addresses.slice(1).join(" ")).not.toContain(token);
		await page.goBack();
		await page.goForward();
		expect(page.url()).not.toContain(token);
	});
});

describe.skipIf(skipped !== null)("a link with a token, to one who is here already", () => {
	/** Here as a guest, and then another page leads the tab to a link with a token. */
	async function led(room: string, query = ""): Promise<Page> {
		const page = await (await newContext()).newPage();
		await page.goto(`${server.url}/rooms/${room}`);
		await page.getByText("Live", { exact: true }).waitFor();
		const token = await mint({ sub: "eve", name: "Eve" });
		await page.evaluate(`location.href = "/rooms/${room}${query}#token=${token}"`);
		await page.getByRole("alertdialog").getByText("sign you in as Eve").waitFor();
		return page;
	}
	const members = async (room: string): Promise<string[]> => {
		const answer = (await (await fetch(`${server.url}/rooms/${room}/members`)).json()) as { members: { id: string }[] };
		return answer.members.map(({ id }) => id);
	};

	test.each([
		["in the page that is open", ""],
		["in a page that is loaded anew", "?another"],
	])("signs nobody in without a word, %s; by the keyboard one stays or agrees", async (_, query) => {
		const room = `team-link${query.length}`;
		const page = await led(room, query);
		expect(page.url()).not.toContain("token");
		await page.getByText("Live", { exact: true }).waitFor();
		expect((await members(room)).every((id) => id.startsWith("guest:"))).toBe(true);
		expect(await page.evaluate("document.activeElement.textContent")).toBe("Stay as I am");
		await page.keyboard.press("Escape");
		await page.getByRole("alertdialog").waitFor({ state: "detached" });
		expect((await members(room)).every((id) => id.startsWith("guest:"))).toBe(true);
		await page.context().close();
		const other = await led(`${room}-yes`, query);
		await other.keyboard.press("Tab");
		await other.keyboard.press("Enter");
		await other.getByRole("complementary").getByText("Eve").waitFor();
		await other.getByRole("alertdialog").waitFor({ state: "detached" });
		expect(await members(`${room}-yes`)).toContain("eve");
		await other.context().close();
	});
});

/** A member whose tokens hold for two seconds. */
const brief = (): Promise<string> => mint({ sub: "ada", exp: inSeconds(2) });

test("G4 a token that expires in mid-session closes 4003; a client with a provider fetches a new one, and misses nothing", async () => {
	const url = `${server.url}/rooms/team-e`;
	const bob = await BareClient.join(url);
	let fetched = 0;
	const token = (): Promise<string> => {
		fetched++;
		return brief();
	};
	const ada = joinRoom(url, { token });
	const seqs: number[] = [];
	const welcomes: string[] = [];
	ada.on("event", ({ seq }) => seqs.push(seq));
	ada.on("welcome", ({ continuity }) => welcomes.push(continuity));
	// What is under way when she leaves is refused, and that is no matter here.
	ada.on("caught-up", () => void ada.publish("hello", welcomes.length).catch(() => {}));
	for (let n = 1; welcomes.length < 3; n++) {
		bob.publish(`e${n}`);
		await bob.hears("event", n);
	}
	const last = Math.max(...bob.seqs);
	await until(() => seqs.includes(last), "Ada has heard everything");
	expect(seqs.slice(0, last)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
	expect(welcomes).toEqual(["fresh", "resumed", "resumed"]);
	expect(fetched).toBeGreaterThanOrEqual(3);
	expect(bob.all("presence").flatMap((each) => ("left" in each ? each.left : []))).toEqual([]);
	ada.leave();
});

test("G4 one who only listens is let go and comes back as soon as one who speaks", async () => {
	const url = `${server.url}/rooms/team-l`;
	const bare = await BareClient.join(url, ["rotunda.v1", `bearer.${await brief()}`]);
	bare.socket.send("ping");
	const ada = joinRoom(url, { token: brief });
	let welcomes = 0;
	ada.on("welcome", () => welcomes++);
	await bare.waits(() => bare.closed !== null, "closed");
	expect(bare.closed?.code).toBe(4003);
	await until(
		() => welcomes === 2,
		"Ada is back",
		() => ada.state.kind,
		8000,
	);
	ada.leave();
});
