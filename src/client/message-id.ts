/** The id of a message that wants an answer: by it a repeat is known, so no two may ever be the same. */

/** Not `randomUUID`, which pages without TLS do not have. */
export function newMessageId(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
