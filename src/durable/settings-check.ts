/** The settings of the Worker, looked at when it starts and not when the first request comes. */
import { env } from "cloudflare:workers";
import { readSettings } from "../protocol/settings.ts";

/** @throws Error with a sentence that names the setting that does not parse: the Worker does not start. */
export function checkSettings(): void {
	readSettings(env as unknown as Record<string, unknown>);
}
