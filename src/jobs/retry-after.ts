/**
 * A `Retry-After` header as ms from now: seconds or an HTTP date (RFC 9110 §10.2.3); 0 for none and for what is neither.
 * @param now Unix ms
 */
export function retryAfterMs(header: string | null, now: number): number {
	const text = header?.trim() ?? "";
	if (/^[0-9]{1,9}$/.test(text)) return Number(text) * 1000;
	// A date has a day's name; `Date.parse` alone takes much that is none.
	if (!/^[A-Z][a-z]{2,8},? /.test(text)) return 0;
	const at = Date.parse(text);
	return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}
