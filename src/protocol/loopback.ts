/** The names and addresses of one's own machine (RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
const LOOPBACK = /^(localhost|.+\.localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/i;

/** The networks of addresses that say nothing of who comes: one's own machine, or none that is known. */
const NOBODYS = /^$|^127\.|^0\.0\.0\.0$|^0:0:0:0::\/64$/;

/** @param network of a request: an IPv4 address, the /64 of an IPv6 one, or empty. */
export function isNobodysOwn(network: string): boolean {
	return NOBODYS.test(network);
}

/** @param hostname without a port. */
export function isLoopback(hostname: string): boolean {
	return LOOPBACK.test(hostname);
}
