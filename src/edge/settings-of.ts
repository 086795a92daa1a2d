/** The settings of the Worker that a request reached. */
import { readSettings, type Settings } from "../protocol/settings.ts";

const known = new WeakMap<object, Settings>();

/** Read once for each environment, which an isolate has one of. */
export function settingsOf(env: Cloudflare.Env): Settings {
	let settings = known.get(env);
	if (settings === undefined) {
		settings = readSettings(env as unknown as Record<string, unknown>);
		known.set(env, settings);
	}
	return settings;
}
