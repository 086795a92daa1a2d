/** The Worker's routes, for whatever app it serves. One URL is both the page and the socket: `/rooms/{room}`. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { RoomStub } from "../durable/room-object.ts";
import { FRAME_BYTES_MAX, RETRY_MS_DEFAULT } from "../protocol/limits.ts";
import { type Admits, type Caller, callerOf, readerOf, requireCapability } from "./access/caller.ts";
import { deleteEntry, getEntry, keyOf, putEntry, readStateQuery } from "./entries.ts";
import { answer, postEvent, postModeration, readEventsQuery, readMembersQuery } from "./events.ts";
import { headers } from "./headers.ts";
import { join, summaryForJoiner } from "./join.ts";
import { openApi } from "./openapi.ts";
import { operations } from "./operations.ts";
import { isOperator } from "./operators.ts";
import { missingPage, page, pageFile } from "./pages.ts";
import { pathWithin, under } from "./prefix.ts";
import { problem, Refused } from "./problem.ts";
import { queryOf } from "./query.ts";
import { namesJson, plainBody, wantsPage, wantsStream } from "./representation.ts";
import { roomOf } from "./room-of.ts";
import type { RouteEnv } from "./route-env.ts";
import { say } from "./say.ts";
import { stream } from "./stream.ts";
import { requireWritable } from "./writable.ts";

/** A key may hold slashes, as they are or encoded. */
const ENTRY_PATH = "/rooms/:room/state/:key{.+}";

type RoomContext = Context<RouteEnv, "/rooms/:room/*">;

/** The room, for one who may read it. @throws Refused */
async function readable(c: RoomContext): Promise<[RoomStub, Caller]> {
	const name = c.req.param("room");
	const room = roomOf(c.env, name);
	const caller = await readerOf(c.req.raw, name, c.env, c.var.app);
	requireCapability(caller, "read");
	return [room, caller];
}

/** The room and who would change something in it, from a page that may. @throws Refused */
async function writable(c: RoomContext): Promise<[RoomStub, Caller]> {
	const name = c.req.param("room");
	const room = roomOf(c.env, name);
	requireWritable(c.req.raw, c.env);
	return [room, await callerOf(c.req.raw, name, c.env, c.var.app)];
}

const bounded = bodyLimit({
	maxSize: FRAME_BYTES_MAX,
	onError: () => problem({ code: "too_large", message: `A body holds at most ${FRAME_BYTES_MAX} bytes.` }),
});

const rooms = new Hono<RouteEnv>();

/** One address is a page to some, a stream or JSON to others, also where that says why not. */
const varied: MiddlewareHandler = async (c, next) => {
	await next();
	if (c.res.status !== 101) c.res.headers.append("Vary", "Accept");
};
rooms.use("/rooms/:room", varied);
rooms.use("/rooms/:room/events", varied);

rooms.get("/rooms/:room", async (c) => {
	const upgrade = c.req.header("Upgrade");
	if (upgrade !== undefined) return upgraded(c, upgrade);
	// The page itself says what is wrong with a name; everyone else gets a problem, and so do people where there is no page.
	const shown = wantsPage(c) ? await page("/room", c.req.raw, c.env, c.var.prefix) : null;
	if (shown !== null) return shown;
	if (namesJson(c) && !(await isOperator(c.req.raw, c.env.OPERATOR_KEY))) {
		return summaryForJoiner(c.req.raw, c.req.param("room"), c.env, c.var.app);
	}
	const [room, caller] = await readable(c);
	return answer(await room.summary(caller));
});

/** A socket, for one who offers WebSocket, be it among others. Its version is the platform's to check. */
function upgraded(c: Context<RouteEnv, "/rooms/:room">, upgrade: string): Response | Promise<Response> {
	const offered = upgrade.split(",").map((each) => each.trim().toLowerCase());
	if (!offered.includes("websocket")) {
		throw new Refused("upgrade_required", "The only protocol to upgrade to here is websocket.");
	}
	return join(c.req.raw, c.req.param("room"), c.env, c.var.app);
}

rooms.get("/rooms/:room/events", async (c) => {
	if (wantsStream(c)) return stream(c.req.raw, c.req.param("room"), c.env, c.var.app);
	const query = readEventsQuery(queryOf(c.req.url));
	const [room, caller] = await readable(c);
	return answer(await room.events(query, caller));
});
rooms.post("/rooms/:room/events", bounded, plainBody, async (c) => {
	const [room, caller] = await writable(c);
	return postEvent(c.req.raw, room, caller);
});

rooms.post("/rooms/:room/sessions/:session", bounded, plainBody, (c) =>
	say(c.req.raw, c.req.param(), c.env, c.var.app),
);
rooms.get("/rooms/:room/state", async (c) => {
	const query = readStateQuery(queryOf(c.req.url));
	const [room, caller] = await readable(c);
	return answer(await room.state(query, caller));
});
rooms.get(ENTRY_PATH, async (c) => {
	const key = keyOf(c.req.url, c.var.prefix);
	const [room, caller] = await readable(c);
	return getEntry(c.req.raw, key, room, caller);
});
rooms.put(ENTRY_PATH, bounded, plainBody, async (c) => {
	const key = keyOf(c.req.url, c.var.prefix);
	const [room, caller] = await writable(c);
	return putEntry(c.req.raw, key, room, caller);
});
rooms.delete(ENTRY_PATH, async (c) => {
	const key = keyOf(c.req.url, c.var.prefix);
	const [room, caller] = await writable(c);
	return deleteEntry(c.req.raw, key, room, caller);
});

rooms.get("/rooms/:room/members", async (c) => {
	const query = readMembersQuery(queryOf(c.req.url));
	const [room, caller] = await readable(c);
	return answer(await room.members(caller, query));
});

rooms.post("/rooms/:room/moderation", bounded, plainBody, async (c) => {
	const [room, caller] = await writable(c);
	return postModeration(c.req.raw, room, caller, c.env.ARCHIVE ?? null);
});

/** What each address takes, beside HEAD where it takes GET and OPTIONS everywhere: any other method is refused with this. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
	"/rooms": ["GET"],
	"/rooms/:room": ["GET", "DELETE"],
	"/rooms/:room/events": ["GET", "POST"],
	"/rooms/:room/sessions/:session": ["POST"],
	"/rooms/:room/state": ["GET"],
	[ENTRY_PATH]: ["GET", "PUT", "DELETE"],
	"/rooms/:room/members": ["GET"],
	"/rooms/:room/moderation": ["POST"],
	"/rooms/:room/jobs": ["GET"],
	"/rooms/:room/jobs/:job": ["GET"],
	"/rooms/:room/jobs/:job/replay": ["POST"],
	"/dead-letters": ["GET"],
	"/archive/search": ["GET"],
	"/openapi.json": ["GET"],
	"/health": ["GET"],
};

/** Whether a request is for this server, where others share its Worker. Under a prefix all of it is. */
export function isOwned(request: Pick<Request, "url">, prefix: string): boolean {
	const path = under(prefix, request);
	return path !== null && (prefix !== "" || path in METHODS || path.startsWith("/rooms/"));
}

/** The routes that serve this app, under a prefix as `prefix.ts` reads it. */
export function createRoutes(app: Admits, prefix = ""): Hono<RouteEnv> {
	const routes = new Hono<RouteEnv>({ getPath: (request) => pathWithin(prefix, request) });
	routes.use((c, next) => {
		c.set("app", app);
		c.set("prefix", prefix);
		return next();
	});
	routes.use(headers);
	routes.route("/", rooms);
	routes.route("/", operations);
	routes.get("/openapi.json", (c) => c.json(openApi(prefix)));
	routes.get("/health", (c) => c.json({ ok: true }));
	for (const [path, methods] of Object.entries(METHODS)) {
		const Allow = [...methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])), "OPTIONS"].join(
			", ",
		);
		routes.all(path, (c) => otherMethod(c.req.raw, Allow));
	}
	routes.notFound(async (c) => {
		const file = c.req.method === "GET" ? await pageFile(c.req.raw, c.req.path, c.env, prefix) : null;
		if (file !== null) return file;
		const shown = c.req.method === "GET" && wantsPage(c) ? await missingPage(c.req.raw, c.env, prefix) : null;
		return shown ?? problem({ code: "not_found", message: "There is nothing at this address." });
	});
	routes.onError(failed);
	return routes;
}

/** `OPTIONS` is told what the address takes; what it does not take is refused with the same. */
function otherMethod(request: Request, Allow: string): Response {
	if (request.method !== "OPTIONS") {
		return problem({ code: "method_not_allowed", message: `This address takes ${Allow}.` }, { Allow });
	}
	if (!request.headers.has("Access-Control-Request-Method")) {
		return new Response(null, { status: 204, headers: { Allow } });
	}
	// A listed page's preflight was answered on the way here.
	return problem({
		code: "origin_refused",
		message: "Pages of this origin may not call here. List it under ALLOWED_ORIGINS.",
	});
}

function failed(error: Error): Response {
	if (error instanceof Refused) return problem(error.refusal);
	// What the error says may quote what people sent: only its name is logged.
	console.error(`A request failed: ${error.name}.`);
	return problem({
		code: "internal",
		message: "The server failed at this; try again.",
		retryAfterMs: RETRY_MS_DEFAULT,
	});
}
