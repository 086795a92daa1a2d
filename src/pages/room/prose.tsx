/** A member's text: always text, with its web addresses as links. */
import { findLinks } from "../../protocol/links.ts";

export function Prose({ text }: { text: string }) {
	return (
		<>{partsOf(text).map((part, index) => (part.href === null ? part.text : link(part.text, part.href, index)))}</>
	);
}

function link(text: string, href: string, index: number) {
	return (
		<a key={String(index)} href={href} target="_blank" rel="noopener noreferrer nofollow ugc">
			{text}
		</a>
	);
}

function partsOf(text: string): { text: string; href: string | null }[] {
	const parts: { text: string; href: string | null }[] = [];
	let end = 0;
	for (const { at, address } of findLinks(text)) {
		const href = hrefOf(address);
		if (href === null) continue;
		if (at > end) parts.push({ text: text.slice(end, at), href: null });
		parts.push({ text: address, href });
		end = at + address.length;
	}
	if (end < text.length) parts.push({ text: text.slice(end), href: null });
	return parts;
}

function hrefOf(address: string): string | null {
	const url = URL.parse(address);
	return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? url.href : null;
}
