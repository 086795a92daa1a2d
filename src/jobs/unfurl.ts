/**
 * `unfurl`: the title, description and image of a page that someone linked to.
 *
 * The address comes from a stranger, so every hop is checked before it is fetched. What a DNS name
 * resolves to cannot be pinned on this platform: a name that points at a private address is not
 * caught here. Workers have no private network by default, and the flag global_fetch_strictly_public
 * sends even the own zone's hosts through the public front door.
 */
import * as v from "valibot";
import { UNFURL_BYTES_MAX, UNFURL_MS_MAX, UNFURL_REDIRECTS_MAX } from "../protocol/job-limits.ts";
import { LINK_CHARS_MAX } from "../protocol/limits.ts";
import { findLinks } from "../protocol/links.ts";
import { type Card, cardOf } from "./card.ts";
import { textOfPage } from "./encoding.ts";
import { defineKind, type JobContext, NonRetryableError } from "./kind.ts";

const FORBIDDEN_SUFFIXES = [".local", ".internal", ".localhost", ".home.arpa", ".onion"];

/** HTML, and XHTML by any of its names; what is XML of another kind is told by what it holds. */
const PAGE_TYPE = /^\s*(?:text\/html|(application\/(?:vnd\.wap\.)?xhtml\+xml|(application|text)\/xml))(?=[\s;,]|$)/i;
const NO_PAGE = "There is no HTML page at that address.";
const XHTML = "http://www.w3.org/1999/xhtml";

const Input = v.object({ url: v.pipe(v.string(), v.maxLength(LINK_CHARS_MAX)) });

export const unfurl = defineKind({
	name: "unfurl",
	// A chat event's data is {text}: its first link is what counts.
	input: v.union([
		Input,
		v.pipe(
			v.object({ text: v.string() }),
			v.transform(({ text }) => ({ url: firstLink(text) ?? "" })),
		),
	]),
	asked: true,
	concerns: "room",
	retry: { attempts: 3, firstSeconds: 2, mostSeconds: 8 },
	runMsMax: 8_000,
	wants: ({ data }) => {
		const text = (data as { text?: unknown } | null)?.text;
		return typeof text === "string" && firstLink(text) !== null;
	},
	run: async ({ url }, context) => readCard(await fetchPage(url, context)),
});

/** The first http(s) address in a text, or null. */
export function firstLink(text: string): string | null {
	for (const { address } of findLinks(text)) if (URL.canParse(address)) return address;
	return null;
}

/** @throws NonRetryableError with the reason why the address may not be fetched. */
export function checkAddress(address: string, ownHosts: readonly string[]): URL {
	const refuse = (why: string): never => {
		throw new NonRetryableError("refused_address", `That address is not fetched: ${why}.`);
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

interface Page {
	/** Where the redirects ended. */
	url: URL;
	/** Its `Content-Type`. */
	type: string;
	bytes: Uint8Array;
}

async function fetchPage(address: string, context: Pick<JobContext, "ownHosts" | "signal">): Promise<Page> {
	const signal = AbortSignal.any([context.signal, AbortSignal.timeout(UNFURL_MS_MAX)]);
	let url = checkAddress(address, context.ownHosts);
	for (let hop = 0; hop <= UNFURL_REDIRECTS_MAX; hop++) {
		const answer = await fetch(url, {
			redirect: "manual",
			signal,
			headers: { Accept: "text/html, application/xhtml+xml", "User-Agent": "Rotunda-Unfurl/1" },
		});
		const location = answer.headers.get("Location");
		if (answer.status >= 300 && answer.status < 400 && location !== null) {
			await answer.body?.cancel();
			// Before it is parsed: a long name in a strange script is dear to parse.
			if (location.length > LINK_CHARS_MAX || !URL.canParse(location, url))
				throw new NonRetryableError("bad_redirect", "The page redirects to nowhere.");
			url = checkAddress(new URL(location, url).href, context.ownHosts);
			continue;
		}
		if (answer.status >= 500 || answer.status === 429) throw new Error(`The page answered ${answer.status}.`);
		if (!answer.ok) throw new NonRetryableError("no_page", `The page answered ${answer.status}.`);
		const type = answer.headers.get("Content-Type") ?? "";
		if (!PAGE_TYPE.test(type)) {
			await answer.body?.cancel();
			throw new NonRetryableError("no_page", NO_PAGE);
		}
		const body = new Response(answer.body?.pipeThrough(atMost(UNFURL_BYTES_MAX)));
		return { url, type, bytes: new Uint8Array(await body.arrayBuffer()) };
	}
	throw new NonRetryableError("too_many_redirects", `The page redirects more than ${UNFURL_REDIRECTS_MAX} times.`);
}

function readCard({ url, type, bytes }: Page): Promise<Card> {
	const [, xml, other] = PAGE_TYPE.exec(type) ?? [];
	const isXml = xml !== undefined;
	const page = textOfPage(bytes, type, isXml);
	if (other !== undefined && !page.includes(XHTML)) throw new NonRetryableError("no_page", NO_PAGE);
	return cardOf(url, page, isXml);
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
