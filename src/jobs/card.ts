/** The card of a page: what it says of itself for those who link to it, as people read it. */
import { decodeHTML, decodeHTMLAttribute } from "entities/decode";
import { cleanName } from "../protocol/ids.ts";
import {
	CARD_DESCRIPTION_CHARS_MAX,
	CARD_METAS_MAX,
	CARD_RAW_CHARS_MAX,
	CARD_TITLE_CHARS_MAX,
} from "../protocol/job-limits.ts";
import { cutLetters, isVisible } from "../protocol/letters.ts";
import { LINK_CHARS_MAX } from "../protocol/limits.ts";

export interface Card {
	/** Where the redirects ended. */
	url: string;
	host: string;
	title: string;
	description: string;
	image: string | null;
}

/** What a page's elements say; of several of one name the first that says anything. */
interface Said {
	title: string;
	"og:title": string;
	description: string;
	"og:description": string;
	image: string | null;
}

/** `page` is XML where `isXml`, else HTML. */
export async function cardOf(url: URL, page: string, isXml: boolean): Promise<Card> {
	const said = await readPage(isXml ? asHtml(page) : page, url);
	return {
		url: url.href,
		host: url.host,
		title: said["og:title"] || said.title,
		description: said["og:description"] || said.description,
		image: said.image,
	};
}

async function readPage(page: string, url: URL): Promise<Said> {
	const said: Said = { title: "", "og:title": "", description: "", "og:description": "", image: null };
	// A drawing's title is its own, and what a template holds is not in the page.
	let isApart = false;
	let isTitle = false;
	let title = "";
	let metas = 0;
	const apart = ["svg", "math", "template"];
	const rewriter = new HTMLRewriter()
		.on(apart.flatMap((each) => [`${each} title`, `${each} meta`]).join(","), {
			element: () => {
				isApart = true;
			},
		})
		.on("title", {
			element: () => {
				isTitle = !isApart && said.title === "";
				isApart = false;
				title = "";
			},
			text: (chunk) => {
				if (isTitle && title.length < CARD_RAW_CHARS_MAX) title += chunk.text;
				if (isTitle && chunk.lastInTextNode) said.title ||= plain(title, CARD_TITLE_CHARS_MAX, decodeHTML);
			},
		})
		.on("meta", {
			element: (meta) => {
				if (!isApart && metas++ < CARD_METAS_MAX) note(said, meta, url);
				isApart = false;
			},
		});
	// Reading the transformed page to its end is what runs the handlers; nobody keeps it. Its own word for its encoding
	// is out of date.
	const html = new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8" } });
	try {
		await rewriter.transform(html).body?.pipeTo(new WritableStream());
	} catch {
		// One tag of hundreds of KB is more than the platform reads, such as a picture's that is cut off in the middle:
		// what stands before it counts.
	}
	return said;
}

function note(said: Said, meta: Element, url: URL): void {
	const name = (meta.getAttribute("property") || meta.getAttribute("name"))?.trim().toLowerCase();
	const content = meta.getAttribute("content");
	if (content === null) return;
	if (name === "og:title") said[name] ||= plain(content, CARD_TITLE_CHARS_MAX, decodeHTMLAttribute);
	if (name === "description" || name === "og:description")
		said[name] ||= plain(content, CARD_DESCRIPTION_CHARS_MAX, decodeHTMLAttribute);
	if (name === "og:image")
		said.image ??= webAddress(decodeHTMLAttribute(content.slice(0, CARD_RAW_CHARS_MAX)).trim(), url);
}

/** Where an image is to be had; null for what is no address of the web. */
function webAddress(address: string, base: URL): string | null {
	// Before it is parsed: a long name in a strange script is dear to parse.
	if (address === "" || address.length > LINK_CHARS_MAX || !URL.canParse(address, base)) return null;
	const url = new URL(address, base);
	return (url.protocol === "https:" || url.protocol === "http:") && url.href.length <= LINK_CHARS_MAX ? url.href : null;
}

/** Text as people read it: entities resolved, what hides gone, white space folded, cut between letters; empty where nothing shows. */
function plain(text: string, charsMax: number, decode: (text: string) => string): string {
	const clean = cleanName(decode(text.slice(0, CARD_RAW_CHARS_MAX)).toWellFormed());
	const cut = cleanName(cutLetters(clean, charsMax));
	return isVisible(cut) ? cut : "";
}

/** Elements whose content is text to HTML, up to their end tag: XML may write them without one. */
const SELF_CLOSED = /<(title|textarea|script|style|iframe|noembed|noframes|noscript|xmp|template)\b([^<>]*)\/>/gi;

/** XHTML so that a reader of HTML finds the same in it: elements that close themselves, and sections of text. */
function asHtml(xml: string): string {
	const [head = "", ...sections] = xml.split("<![CDATA[");
	const texts = sections.map((section) => {
		const end = section.indexOf("]]>");
		if (end === -1) return section;
		return section.slice(0, end).replaceAll("&", "&amp;").replaceAll("<", "&lt;") + section.slice(end + 3);
	});
	return (head + texts.join("")).replace(SELF_CLOSED, "<$1$2></$1>");
}
