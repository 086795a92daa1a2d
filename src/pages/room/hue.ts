/** Every member has a colour, the same for everyone who looks. */
const HUES = 24;

/** A hue in degrees for a style's custom property `--hue`: FNV-1a over the id, on a wheel of few colours. */
export function hueOf(member: string): string {
	let hash = 0x811c9dc5;
	for (let i = 0; i < member.length; i++) hash = Math.imul(hash ^ member.charCodeAt(i), 0x01000193);
	return String(Math.round((((hash >>> 8) % HUES) * 360) / HUES));
}
