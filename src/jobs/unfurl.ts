/**
 * `unfurl`: the title, description and image of a page that someone linked to.
 *
 * The address comes from a stranger, so every hop is checked before it is fetched. What a DNS name
 * resolves to cannot be pinned on this platform: a name that points at a private address is not
 * caught here. Workers have no private network by default, and the flag global_fetch_strictly_public
 * sends even the own zone's hosts through the public front door.
 */
import * as v from "valibot";
import { LINK_CHARS_MAX } from "../protocol/limits.ts";
import { findLinks } from "../protocol/links.ts";
import { Hopeless, type JobContext, type Kind } from "./kind.ts";

const FETCH_MS_MAX = 5_000;
const PAGE_BYTES_MAX = 512 * 1024;
const REDIRECTS_MAX = 3;
const TITLE_CHARS_MAX = 200;
const DESCRIPTION_CHARS_MAX = 400;
const FORBIDDEN_SUFFIXES = [".local", ".internal", ".localhost", ".home.arpa", ".onion"];

export interface Card {
	/** Where the redirects ended. */
	url: string;
	host: string;
	title: string;
	description: string;
	image: string | null;
}

const Input = v.object({ url: v.pipe(v.string(), v.maxLength(LINK_CHARS_MAX)) });

export const unfurl: Kind<v.InferOutput<typeof Input>> = {
	name: "unfurl",
	// A chat event's data is {text}: its first link is what counts.
	input: v.union([
		Input,
		v.pipe(
			v.object({ text: v.string() }),
			v.transform(({ text }) => ({ url: firstLink(text) ?? "" })),
		),
	]) as never,
	asked: true,
	concerns: "room",
	retry: { attempts: 3, firstSeconds: 2, mostSeconds: 8 },
	runMsMax: 8_000,
	wants: ({ data }) => {
		const text = (data as { text?: unknown } | null)?.text;
		return typeof text === "string" && firstLink(text) !== null;
	},
	run: async ({ url }, context) => readCard(await fetchPage(url, context)),
};

/** The first http(s) address in a text, or null. */
export function firstLink(text: string): string | null {
	for (const { address } of findLinks(text)) if (URL.canParse(address)) return address;
	return null;
}

/** @throws Hopeless with the reason why the address may not be fetched. */
export function checkAddress(address: string, ownHosts: readonly string[]): URL {
	const refuse = (why: string): never => {
		throw new Hopeless("refused_address", `That address is not fetched: ${why}.`);
	};
	if (address.length > LINK_CHARS_MAX) return refuse("it is too long");
	if (!URL.canParse(address)) return refuse("it is not a URL");
	const url = new URL(address);
	if (url.protocol !== "http:" && url.protocol !== "https:") refuse("only http and https are");
	if (url.username !== "" || url.password !== "") refuse("it holds credentials");
	if (!["", "80", "443"].includes(url.port)) refuse("only the ports 80 and 443 are");
	// The parser has turned every other notation of an IPv4 address into four numbers.
	const host = url.hostname.replace(/\.+$/, "").toLowerCase();
	if (host.startsWith("[") || /^[0-9]+(\.[0-9]+){3}$/.test(host)) refuse("it is an IP address, not a name");
	if (!host.includes(".")) refuse("its host has no domain");
	if (FORBIDDEN_SUFFIXES.some((suffix) => host.endsWith(suffix))) refuse("its host is a private name");
	if (ownHosts.some((own) => host === own.replace(/:[0-9]+$/, "").toLowerCase())) refuse("it is this server's own");
	return url;
}

async function fetchPage(address: string, context: Pick<JobContext, "ownHosts" | "signal">): Promise<Response> {
	const signal = AbortSignal.any([context.signal, AbortSignal.timeout(FETCH_MS_MAX)]);
	let url = checkAddress(address, context.ownHosts);
	for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
		const answer = await fetch(url, {
			redirect: "manual",
			signal,
			headers: { Accept: "text/html", "User-Agent": "Rotunda-Unfurl/1" },
		});
		const location = answer.headers.get("Location");
		if (answer.status >= 300 && answer.status < 400 && location !== null) {
			await answer.body?.cancel();
			// Before it is parsed: a long name in a strange script is dear to parse.
			if (location.length > LINK_CHARS_MAX || !URL.canParse(location, url))
				throw new Hopeless("bad_redirect", "The page redirects to nowhere.");
			url = checkAddress(new URL(location, url).href, context.ownHosts);
			continue;
		}
		if (answer.status >= 500 || answer.status === 429) throw new Error(`The page answered ${answer.status}.`);
		if (!answer.ok) throw new Hopeless("no_page", `The page answered ${answer.status}.`);
		if (!/^text\/html\b/i.test(answer.headers.get("Content-Type") ?? "")) {
			await answer.body?.cancel();
			throw new Hopeless("no_page", "There is no HTML page at that address.");
		}
		// The final address travels with the page: `Response.url` is empty on one made by hand.
		return new Response(answer.body?.pipeThrough(atMost(PAGE_BYTES_MAX)), { headers: { "X-Url": url.href } });
	}
	throw new Hopeless("too_many_redirects", `The page redirects more than ${REDIRECTS_MAX} times.`);
}

/** Ends the stream after so many bytes: what matters stands in a page's head. */
function atMost(bytesMax: number): TransformStream<Uint8Array, Uint8Array> {
	let left = bytesMax;
	return new TransformStream({
		transform(chunk, controller) {
			controller.enqueue(chunk.byteLength > left ? chunk.subarray(0, left) : chunk);
			left -= chunk.byteLength;
			if (left <= 0) controller.terminate();
		},
	});
}

async function readCard(page: Response): Promise<Card> {
	const url = new URL(page.headers.get("X-Url") ?? "");
	const found: Record<string, string> = {};
	let title = "";
	const rewriter = new HTMLRewriter()
		.on("title", {
			text: (chunk) => {
				if (title.length < TITLE_CHARS_MAX) title += chunk.text;
			},
		})
		.on("meta", {
			element: (meta) => {
				const name = meta.getAttribute("property") ?? meta.getAttribute("name");
				const content = meta.getAttribute("content");
				if (name !== null && content !== null) found[name.toLowerCase()] ??= content;
			},
		});
	// Reading the transformed page to its end is what runs the handlers.
	await rewriter.transform(page).arrayBuffer();
	const image = found["og:image"] ?? null;
	return {
		url: url.href,
		host: url.host,
		title: plain(found["og:title"] ?? title, TITLE_CHARS_MAX),
		description: plain(found["og:description"] ?? found.description ?? "", DESCRIPTION_CHARS_MAX),
		image: image !== null && URL.canParse(image, url) ? webAddress(new URL(image, url)) : null,
	};
}

function webAddress(url: URL): string | null {
	return (url.protocol === "https:" || url.protocol === "http:") && url.href.length <= LINK_CHARS_MAX ? url.href : null;
}

/** Text as people read it: entities resolved, white space folded, cut at `charsMax`, well-formed. */
function plain(text: string, charsMax: number): string {
	const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };
	return text
		.replace(/&(?:#(x?)([0-9a-f]{1,6})|([a-z]{2,4}));/gi, (whole, hex, number, name) => {
			if (name !== undefined) return entities[String(name).toLowerCase()] ?? whole;
			const code = Number.parseInt(number, hex ? 16 : 10);
			return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
		})
		.replace(/\s+/g, " ")
		.replace(/[\p{Cc}\p{Cf}]/gu, "")
		.trim()
		.slice(0, charsMax)
		.toWellFormed();
}
