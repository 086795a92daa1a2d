/** The names and addresses of one's own machine (RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
const LOOPBACK = /^(localhost|.+\.localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/i;

/** @param hostname without a port. */
export function isLoopback(hostname: string): boolean {
	return LOOPBACK.test(hostname);
}
