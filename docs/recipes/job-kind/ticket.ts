/** A kind of jobs: the ticket of one who got in line, with a number and a signature that the door can check. */
import { defineKind, type JobContext, NonRetryableError } from "rotunda";
import * as v from "valibot";

const text = new TextEncoder();

export async function sign(ticket: string, secret: string): Promise<string> {
	const algorithm = { name: "HMAC", hash: "SHA-256" };
	const key = await crypto.subtle.importKey("raw", text.encode(secret), algorithm, false, ["sign"]);
	const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, text.encode(ticket)));
	return [...signature.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const ticket = defineKind({
	name: "ticket",
	input: v.object({ people: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
	asked: false, // no member asks for it: the event `line` starts it
	concerns: "room", // everyone hears what came of it, as an event `room.job`
	retry: { attempts: 5, firstSeconds: 1, mostSeconds: 30 },
	runMsMax: 5_000,
	run: async ({ people }, { env, event, name }: JobContext<{ TICKET_KEY: string }>) => {
		if (event === null) throw new NonRetryableError("no_event", "A ticket is for one who got in line.");
		if (people > 8) throw new NonRetryableError("too_many", "A table has eight chairs.");
		// The event's own place in the room's one order: stored, so that it is the same however often this runs, and
		// wherever. A counter in this file would begin anew whenever a Worker does.
		const number = event.seq;
		return { number, people, name, signature: await sign(`${number} ${people}`, env.TICKET_KEY) };
	},
});
