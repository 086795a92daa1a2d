/** Who says something, with what it may do now. */
import type { Capability } from "../protocol/messages.ts";

export interface Author {
	member: string;
	name: string;
	can: ReadonlySet<Capability>;
	/** The keyed hash of a guest's network address; null for everyone else. */
	address: string | null;
}
