/** A member's text: always text, with its web addresses as links. */
const ADDRESS = /https?:\/\/[^\s<>"“”]+/gi;

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
	for (const match of text.matchAll(ADDRESS)) {
		const address = withoutTail(match[0]);
		const href = hrefOf(address);
		if (href === null) continue;
		if (match.index > end) parts.push({ text: text.slice(end, match.index), href: null });
		parts.push({ text: address, href });
		end = match.index + address.length;
	}
	if (end < text.length) parts.push({ text: text.slice(end), href: null });
	return parts;
}

/** What ends a sentence, or closes a bracket that the address did not open, is not the address's. */
function withoutTail(address: string): string {
	const trimmed = address.replace(/[.,;:!?'’»]+$/u, "");
	const isUnopened = trimmed.endsWith(")") && trimmed.split(")").length > trimmed.split("(").length;
	return isUnopened ? withoutTail(trimmed.slice(0, -1)) : trimmed;
}

function hrefOf(address: string): string | null {
	const url = URL.parse(address);
	return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? url.href : null;
}
