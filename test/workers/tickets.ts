/** What the Worker hands over of one whom it has let in. */
import type { Ticket } from "../../src/durable/ticket.ts";

export const TICKET: Ticket = {
	member: "cid",
	name: "Cid",
	can: ["read", "publish"],
	since: null,
	history: 50,
	resume: null,
	protocol: null,
	host: "rotunda.test",
	expiresAt: null,
	address: null,
	from: null,
};
