/** What every route is given: what the Worker is bound to, and the app that it serves. */
import type { Admits } from "./access/caller.ts";

export interface RouteEnv {
	Bindings: Cloudflare.Env;
	Variables: {
		app: Admits;
		/** What stands before every path: empty, or `/rt`. */
		prefix: string;
	};
}
