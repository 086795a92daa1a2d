/** Coming to a room as the Worker lets one in, and what operators and the consumer do to it. */

import { env } from "cloudflare:workers";
import type { Visitor } from "../../../src/durable/room-object.ts";
import { TICKET_HEADER, type Ticket, writeTicket } from "../../../src/durable/ticket.ts";
import type { Capability } from "../../../src/protocol/messages.ts";
import { Guest } from "../guest.ts";
import { TICKET as CID } from "../tickets.ts";

export const ROOM = "kept";
export const ALL: readonly Capability[] = ["read", "publish", "signal", "presence", "job", "moderate"];
export const OPERATOR: Visitor = { member: "room:operator", name: "Operator", can: ALL, address: null };

export const stub = () => env.ROOMS.getByName(ROOM);

const TICKET: Ticket = { ...CID, member: "", name: "", can: ALL };

/** A guest's address counts; nobody else's is told. */
export async function come(member: string, more: Partial<Ticket> = {}): Promise<Guest> {
	const response = await knock(member, more);
	if (response.webSocket === null) throw new Error(`Refused: ${await response.text()}`);
	const guest = new Guest(response.webSocket);
	await guest.hears("caught-up");
	return guest;
}

export function knock(member: string, more: Partial<Ticket> = {}): Promise<Response> {
	const ticket = writeTicket({ ...TICKET, member, name: member.toUpperCase(), ...more });
	return stub().fetch("https://room/", { headers: { Upgrade: "websocket", [TICKET_HEADER]: ticket } });
}

/** `in`, or the code of the refusal. */
export async function doorSays(member: string, more: Partial<Ticket> = {}): Promise<string> {
	const response = await knock(member, more);
	response.webSocket?.accept();
	return response.webSocket === null ? ((await response.json()) as { code: string }).code : "in";
}
