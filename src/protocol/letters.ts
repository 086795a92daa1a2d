/**
 * What people see of a text, letter by letter: a letter is a grapheme cluster (Unicode Standard Annex 29), however many
 * code points it is written in.
 */
import { utf8Bytes } from "./text.ts";

/** Made when first needed: what joiners may stand between takes milliseconds to compile, and few names have one. */
let patterns: { hidden: RegExp; joiners: RegExp } | undefined;

function makePatterns(): { hidden: RegExp; joiners: RegExp } {
	// The flag of a region is a flag and tags that nobody sees alone (Unicode Technical Standard 51, ED-14a).
	const flag = String.raw`\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{3,6}\u{E007F}`;
	const letter = String.raw`[\p{L}\p{M}\p{N}]`;
	const joining = `[[${JOINING_SCRIPTS.map((script) => String.raw`\p{scx=${script}}`).join("")}]&&${letter}]`;
	const picture = String.raw`\p{Extended_Pictographic}`;
	// A run of joiners, and the one of them that is seen by what it does, as RFC 5892 (A.1, A.2) allows them in names and
	// emoji need them: between letters of which one is of a joining script, behind a virama, between pictures.
	const joiners = [
		String.raw`(?<=${joining})([\u200C\u200D])[\u200C\u200D]*(?=${letter})`,
		String.raw`(?<=${letter})([\u200C\u200D])[\u200C\u200D]*(?=${joining})`,
		String.raw`(?<=[${VIRAMAS}])(\u200D)[\u200C\u200D]*`,
		String.raw`(?<=${picture}(?:\uFE0F|\p{Emoji_Modifier})?)(\u200D)[\u200C\u200D]*(?=${picture})`,
		String.raw`[\u200C\u200D]+`,
	];
	return {
		hidden: new RegExp(String.raw`(${flag})|[[\p{Cc}\p{Cf}]--[\s\u200C\u200D]]`, "gv"),
		joiners: new RegExp(joiners.join("|"), "gv"),
	};
}

/** Scripts whose letters take another form where they join, or do not. */
const JOINING_SCRIPTS = [
	...["Arab", "Syrc", "Mand", "Mong", "Nkoo", "Phag", "Rohg", "Adlm", "Sogd"],
	...["Deva", "Beng", "Guru", "Gujr", "Orya", "Taml", "Telu", "Knda", "Mlym", "Sinh", "Newa", "Gran", "Tirh"],
	...["Khmr", "Mymr", "Tibt", "Java", "Bali", "Sund", "Sylo", "Cakm", "Mtei", "Lana"],
];
/** What kills a vowel, so that a joiner behind it chooses the form of a conjunct (canonical combining class 9). */
const VIRAMAS =
	"\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D3B\\u0D3C\\u0D4D\\u0DCA\\u1039\\u103A\\u17D2\\u1A60\\u1B44\\u1BAA\\u1BAB\\u{11046}\\u{11133}\\u{1134D}\\u{11442}\\u{114C2}";

/** Anything but printable ASCII, in which nothing hides. */
const MAY_HIDE = /[^ -~]/;

/** A text without what hides in it or reorders it: controls, zero widths, directions, tags, and joiners that join nothing. White space stays. */
export function withoutHidden(text: string): string {
	if (!MAY_HIDE.test(text)) return text;
	patterns ??= makePatterns();
	const joined = text.replace(patterns.hidden, (_, flag: string | undefined) => flag ?? "");
	if (!/\u200C|\u200D/.test(joined)) return joined;
	return joined.replace(
		patterns.joiners,
		(_, ...found: (string | undefined)[]) => found.slice(0, 4).find(Boolean) ?? "",
	);
}

/** Anything but space, marks that need a letter, and letters that are drawn as nothing: fillers, and the braille blank. */
const VISIBLE = /[^\p{Z}\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}]/u;

export function isVisible(text: string): boolean {
	return VISIBLE.test(text);
}

/** Two texts that look the same but for width, case and what is not seen have the same shape. */
export function shapeOf(text: string): string {
	return text
		.normalize("NFKC")
		.replace(/[\p{Z}\p{C}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/gu, "")
		.toLowerCase();
}

/** Made when first needed: it is not free. */
let segmenter: Intl.Segmenter | undefined;

function lettersOf(text: string): Intl.Segments {
	segmenter ??= new Intl.Segmenter("und", { granularity: "grapheme" });
	return segmenter.segment(text);
}

/** As many whole letters from the beginning as are at most `lettersMax`, and at most `bytesMax` bytes of UTF-8. */
export function firstLetters(text: string, lettersMax: number, bytesMax: number): string {
	// A letter is at least one unit, and a unit at most three bytes.
	if (text.length <= lettersMax && text.length * 3 <= bytesMax) return text;
	let letters = 0;
	let bytes = 0;
	for (const { segment, index } of lettersOf(text.slice(0, bytesMax + 2))) {
		letters++;
		bytes += utf8Bytes(segment);
		if (letters > lettersMax || bytes > bytesMax) return text.slice(0, index);
	}
	return text;
}

/** As many whole letters from the beginning as are at most `unitsMax` UTF-16 units. */
export function cutLetters(text: string, unitsMax: number): string {
	if (text.length <= unitsMax) return text;
	return text.slice(0, lettersOf(text.slice(0, unitsMax + 2)).containing(unitsMax)?.index ?? 0);
}
