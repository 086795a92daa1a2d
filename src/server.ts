/** The door of a room server: the one way in which an app comes to its routes, its rooms and its consumer of jobs. */
import { RoomObject } from "./durable/room-object.ts";
import { checkSettings } from "./durable/settings-check.ts";
import { createRoutes } from "./edge/routes.ts";
import { consume } from "./jobs/consumer.ts";
import type { App } from "./jobs/define.ts";

/** What a Worker exports: the first two as its handlers, the third as the class that its `ROOMS` are of. */
export interface RoomServer {
	fetch(request: Request, env: Cloudflare.Env, ctx: ExecutionContext): Response | Promise<Response>;
	queue(batch: MessageBatch, env: Cloudflare.Env): Promise<void>;
	RoomObject: new (ctx: DurableObjectState, env: Cloudflare.Env) => RoomObject;
}

/**
 * @param app as `defineApp` gives it.
 * @throws Error where a setting does not parse, with a sentence that names it: the Worker does not start.
 */
export function createRoomServer(app: App): RoomServer {
	checkSettings();
	return {
		fetch: createRoutes(app).fetch,
		queue: (batch, env) => consume(batch, env, app),
		RoomObject: class extends RoomObject {
			constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
				super(ctx, env, app);
			}
		},
	};
}
