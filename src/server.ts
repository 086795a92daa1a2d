/** The door of a room server: the one way in which an app comes to its routes, its rooms and its consumer of jobs. */
import { RoomObject } from "./durable/room-object.ts";
import { checkSettings } from "./durable/settings-check.ts";
import { prefixOf } from "./edge/prefix.ts";
import { createRoutes, isOwned } from "./edge/routes.ts";
import { sayUnbound } from "./edge/unbound.ts";
import { consume } from "./jobs/consumer.ts";
import type { App } from "./jobs/define.ts";

/** What a Worker exports: the first two as its handlers, the third as the class that its `ROOMS` are of. */
export interface RoomServer {
	fetch(request: Request, env: Cloudflare.Env, ctx: ExecutionContext): Response | Promise<Response>;
	queue(batch: MessageBatch, env: Cloudflare.Env): Promise<void>;
	RoomObject: new (ctx: DurableObjectState, env: Cloudflare.Env) => RoomObject;
	/** True for what `fetch` is to be given, where the Worker answers other requests too. */
	owns(request: Pick<Request, "url">): boolean;
}

export interface ServerOptions {
	/** What stands before every path: with `/rt` a room is `/rt/rooms/lobby`. Nothing, if it is missing. */
	path?: string;
}

const NO_APP =
	"`createRoomServer` was given no app. Where app.ts and the file of the rooms import one another, as a job kind that uses them has it, the Worker's entry imports the file of the rooms first.";

/**
 * @param app as `defineApp` gives it.
 * @throws Error where a setting does not parse or the path is none, with a sentence that names it: the Worker does not start.
 */
export function createRoomServer(app: App, { path }: ServerOptions = {}): RoomServer {
	if (app === undefined) throw new TypeError(NO_APP);
	checkSettings();
	const prefix = prefixOf(path);
	const routes = createRoutes(app, prefix);
	return {
		fetch: (request, env, ctx) => {
			sayUnbound(env);
			return routes.fetch(request, env, ctx);
		},
		queue: (batch, env) => consume(batch, env, app),
		RoomObject: class extends RoomObject {
			constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
				super(ctx, env, app);
			}
		},
		owns: (request) => isOwned(request, prefix),
	};
}
