/** A member's likeness: an initial on the member's colour. */
import { hueOf } from "./hue.ts";

export function Avatar({ member, name }: { member: string; name: string }) {
	return (
		<span class="avatar tinted" style={{ "--hue": hueOf(member) }} aria-hidden="true">
			{initialOf(name)}
		</span>
	);
}

function initialOf(name: string): string {
	const [first] = new Intl.Segmenter().segment(name);
	return first === undefined ? "?" : first.segment.toLocaleUpperCase();
}
