/** What the Worker proved about a join, in the one header that it adds to the room's request. */
import type { Capability } from "../protocol/messages.ts";

export const TICKET_HEADER = "Rotunda-Ticket";

export interface Ticket {
	member: string;
	name: string;
	can: readonly Capability[];
	/** Under which host the server was reached. */
	host: string;
	/** When the token expires, Unix ms; null for one without. */
	expiresAt: number | null;
	/** A guest's network address; null for everyone else. */
	address: string | null;
	/** The address that new rooms are counted against; null where they are not. */
	from: string | null;
	since: string | null;
	history: number;
	/** A guest's private key. */
	resume: string | null;
	/** True for one that wants no entries; missing where the Worker is older. */
	withoutState?: boolean;
	/** The subprotocol to name in the reply. */
	protocol: string | null;
}

export function writeTicket(ticket: Ticket): string {
	return encodeURIComponent(JSON.stringify(ticket));
}

export function readTicket(header: string): Ticket {
	return JSON.parse(decodeURIComponent(header)) as Ticket;
}
