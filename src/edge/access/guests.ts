/** Guests: people without a token. A random private key is all that makes one the same guest again. */

import { guestIdOf } from "../../protocol/ids.ts";

export interface Guest {
	id: string;
	name: string;
}

/** A key that nobody can guess: 192 random bits, base64url. */
export function newGuestKey(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(24));
	return btoa(String.fromCharCode(...bytes))
		.replaceAll("+", "-")
		.replaceAll("/", "_");
}

/** The guest whose key this is: `guest:` and the first 32 hex digits of SHA-256(key). */
export async function guestOf(key: string, name: string | null): Promise<Guest> {
	const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));
	const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
	return { id: guestIdOf(hex), name: name ?? `Guest ${hex.slice(0, 4)}` };
}
