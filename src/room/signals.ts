/** Signals: ephemeral, and of those that everyone gets only the newest per session and name. */
import type { Signal } from "../protocol/messages.ts";

export function encodeSignal(signal: Omit<Signal, "type" | "data">, dataJson: string): string {
	return `{"type":"signal","from":${JSON.stringify(signal.from)},"session":${JSON.stringify(signal.session)},"name":${JSON.stringify(signal.name)},"data":${dataJson}}`;
}
