/**
 * A page around the clients, as far as they look at one: it can say that the network is back, upon which each
 * that waits tries at once. To be imported before anyone joins.
 */
import { setMaxListeners } from "node:events";

const page = new EventTarget();
setMaxListeners(0, page);
const { addEventListener, removeEventListener } = page;
Object.assign(globalThis, {
	document: Object.assign(page, { visibilityState: "visible" }),
	addEventListener: addEventListener.bind(page),
	removeEventListener: removeEventListener.bind(page),
});

/** Everyone who waits for another attempt makes it now: a herd. */
export function networkIsBack(): void {
	page.dispatchEvent(new Event("online"));
}
