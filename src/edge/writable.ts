/** Whether a request that changes something may come from where it comes. */
import { isWriteAllowed } from "./access/origins.ts";
import { Refused } from "./problem.ts";
import { settingsOf } from "./settings-of.ts";

/** @throws Refused `origin_refused` for a page of a foreign origin, or a browser that does not say where it is. */
export function requireWritable(request: Request, env: Cloudflare.Env): void {
	if (isWriteAllowed(request, settingsOf(env).allowedOrigins)) return;
	throw new Refused("origin_refused", "Pages of this origin may not write here. List it under ALLOWED_ORIGINS.");
}
