/**
 * What the package `rotunda` has in place of `server.ts` where no Worker runs: in Node, Deno and Bun, which load an app
 * to test it. They have none of the platform's modules, of which a room's object is made.
 */
import type { App } from "./jobs/define.ts";

export interface ServerOptions {
	path?: string;
}

/** @throws Error always: who wants rooms in a test has `testRoom`. */
export function createRoomServer(_app: App, _options: ServerOptions = {}): never {
	throw new Error(
		"`createRoomServer` serves rooms in a Worker, as `wrangler dev` or a deploy starts one. In a test use `testRoom(app)` of `rotunda/testing`.",
	);
}
