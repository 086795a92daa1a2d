/** The name by which one is shown, kept for the next room and the next day. */
import { displayName } from "../protocol/ids.ts";

const KEY = "rotunda name";

/** As the room would take it; undefined where nothing visible is left, and the room gives a name. */
export function readableName(text: string): string | undefined {
	return displayName(text) ?? undefined;
}

export function keptName(): string | undefined {
	try {
		return readableName(localStorage.getItem(KEY) ?? "");
	} catch {
		return undefined;
	}
}

export function keepName(name: string | undefined): void {
	try {
		if (name === undefined) localStorage.removeItem(KEY);
		else localStorage.setItem(KEY, name);
	} catch {
		// Storage is forbidden here: the name lasts as long as the page.
	}
}
