/** In the simulated world an address is its own hash; the real object knows it by a keyed one. */
import type { Trace } from "../../simulation/trace.ts";

async function hashOf(salt: string, address: string): Promise<string> {
	const text = new TextEncoder();
	const algorithm = { name: "HMAC", hash: "SHA-256" };
	const key = await crypto.subtle.importKey("raw", text.encode(salt), algorithm, false, ["sign"]);
	const digest = new Uint8Array(await crypto.subtle.sign("HMAC", key, text.encode(address)));
	return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Puts the hashes where the trace expects an address to be kept: in attachments, the roster and sanctions. */
export async function hashAddresses({ salt, steps }: Trace): Promise<void> {
	const known = new Map<string, string>();
	for (const { act } of steps) {
		const address = act.act === "join" ? act.join.address : null;
		if (typeof address === "string" && !known.has(address)) known.set(address, await hashOf(salt, address));
	}
	const hashed = <T extends string | null>(address: T): T => (known.get(address ?? "") ?? address) as T;
	for (const { act, asked } of steps) {
		for (const each of asked) {
			if ("woke" in each) each.woke = each.woke.map((one) => ({ ...one, address: hashed(one.address) }));
		}
		if (act.act !== "sleep") continue;
		const { roster, sanctions } = act.rest.stored;
		for (const row of roster) row.address = hashed(row.address);
		for (const row of sanctions) {
			if (row.subject.startsWith("@")) row.subject = `@${hashed(row.subject.slice(1))}`;
		}
	}
}
