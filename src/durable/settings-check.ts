/** The settings and secrets of the Worker, looked at when it starts and not when the first request comes. */
import { env } from "cloudflare:workers";
import { checkSecrets } from "../protocol/secrets.ts";
import { readSettings } from "../protocol/settings.ts";

const NO_ROOMS = `The Worker lacks the binding ROOMS, the class of its rooms. In wrangler.toml:
[[durable_objects.bindings]]
name = "ROOMS"
class_name = "RoomObject"

[exports.RoomObject]
type = "durable-object"
storage = "sqlite"`;

/** @throws Error with a sentence that names the setting that does not parse, or the secret that anyone could guess: the Worker does not start. */
export function checkSettings(): void {
	const vars = env as unknown as Record<string, unknown>;
	if (vars.ROOMS === undefined) throw new Error(NO_ROOMS);
	readSettings(vars);
	checkSecrets(vars);
}
