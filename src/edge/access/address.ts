/** The network that a request comes from: what per-address limits and a guest's ban go by. */

/** An IPv4 address, or the /64 of an IPv6 one: a household has one of either. Empty where it is not known. */
export function addressOf(request: Request): string {
	const address = request.headers.get("CF-Connecting-IP") ?? "";
	if (!address.includes(":")) return address;
	const mapped = /^::ffff:([0-9.]+)$/i.exec(address);
	if (mapped?.[1] !== undefined) return mapped[1];
	const [head = "", tail] = address.toLowerCase().split("::");
	const left = head === "" ? [] : head.split(":");
	const right = tail === undefined || tail === "" ? [] : tail.split(":");
	const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
	const groups = [...left, ...Array.from({ length: zeros }, () => "0"), ...right];
	const prefix = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
	return `${prefix.join(":")}::/64`;
}
