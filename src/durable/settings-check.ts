/** The settings and secrets of the Worker, looked at when it starts and not when the first request comes. */
import { env } from "cloudflare:workers";
import { checkSecrets } from "../protocol/secrets.ts";
import { readSettings } from "../protocol/settings.ts";

/** @throws Error with a sentence that names the setting that does not parse, or the secret that anyone could guess: the Worker does not start. */
export function checkSettings(): void {
	const vars = env as unknown as Record<string, unknown>;
	readSettings(vars);
	checkSecrets(vars);
}
