/** The Worker's routes. One URL is both the page and the socket: `/rooms/{room}`. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { RoomStub } from "../durable/room-object.ts";
import { FRAME_BYTES_MAX } from "../protocol/limits.ts";
import { type Caller, callerOf, requireCapability } from "./access/caller.ts";
import { answer, postEvent, postModeration, readEventsQuery } from "./events.ts";
import { headers } from "./headers.ts";
import { join } from "./join.ts";
import { openApi } from "./openapi.ts";
import { operations } from "./operations.ts";
import { problem, Refused } from "./problem.ts";
import { roomOf } from "./room-of.ts";
import { roomPage } from "./room-page.ts";
import { settingsOf } from "./settings-of.ts";
import { requireWritable } from "./writable.ts";

type Env = { Bindings: Cloudflare.Env };

/** One address is a page to some and JSON to others. */
const VARY: [string, string] = ["Vary", "Accept"];

export const app = new Hono<Env>();

type RoomContext = Context<Env, "/rooms/:room/*">;

/** The room, for one who may read it. @throws Refused */
async function readable(c: RoomContext): Promise<[RoomStub, Caller]> {
	const name = c.req.param("room");
	const room = roomOf(c.env, name);
	const caller = await callerOf(c.req.raw, name, settingsOf(c.env), c.env);
	requireCapability(caller, "read");
	return [room, caller];
}

/** The room and who would change something in it, from a page that may. @throws Refused */
async function writable(c: RoomContext): Promise<[RoomStub, Caller]> {
	const name = c.req.param("room");
	const room = roomOf(c.env, name);
	requireWritable(c.req.raw, c.env);
	return [room, await callerOf(c.req.raw, name, settingsOf(c.env), c.env)];
}

const bounded = bodyLimit({
	maxSize: FRAME_BYTES_MAX,
	onError: () => problem({ code: "too_large", message: `A body holds at most ${FRAME_BYTES_MAX} bytes.` }),
});

function only(...methods: string[]): () => never {
	return () => {
		throw new MethodRefused(methods);
	};
}

class MethodRefused extends Refused {
	readonly allow: string;

	constructor(methods: readonly string[]) {
		super("method_not_allowed", `This address takes ${methods.join(" and ")}.`);
		this.allow = methods.join(", ");
	}
}

app.use(headers);

app.get("/rooms/:room", async (c) => {
	const upgrade = c.req.header("Upgrade");
	const name = c.req.param("room");
	const wantsPage = upgrade === undefined && (c.req.header("Accept") ?? "").includes("text/html");
	// The page itself says what is wrong with a name; everyone else gets a problem.
	if (wantsPage) return roomPage(c.req.raw, c.env);
	if (upgrade === undefined) {
		const [room, caller] = await readable(c);
		return answer(await room.summary(caller), [VARY]);
	}
	if (upgrade.toLowerCase() === "websocket") return join(c.req.raw, name, settingsOf(c.env), c.env);
	throw new Refused("upgrade_required", "The only protocol to upgrade to here is websocket.");
});
app.route("/", operations);
app.all("/rooms", only("GET"));
app.all("/rooms/:room", only("GET", "DELETE"));

app.get("/rooms/:room/events", async (c) => {
	const query = readEventsQuery(new URL(c.req.url).searchParams);
	const [room, caller] = await readable(c);
	return answer(await room.events(query, caller));
});
app.post("/rooms/:room/events", bounded, async (c) => {
	const [room, caller] = await writable(c);
	return postEvent(c.req.raw, room, caller);
});
app.all("/rooms/:room/events", only("GET", "POST"));

app.get("/rooms/:room/members", async (c) => {
	const [room, caller] = await readable(c);
	return answer(await room.members(caller));
});
app.all("/rooms/:room/members", only("GET"));

app.post("/rooms/:room/moderation", bounded, async (c) => {
	const [room, caller] = await writable(c);
	return postModeration(c.req.raw, room, caller);
});
app.all("/rooms/:room/moderation", only("POST"));

app.all("/rooms/:room/jobs", only("GET"));
app.all("/rooms/:room/jobs/:job", only("GET"));
app.all("/rooms/:room/jobs/:job/replay", only("POST"));
app.all("/archive/search", only("GET"));

app.get("/openapi.json", (c) => c.json(openApi(new URL(c.req.url).origin)));
app.all("/openapi.json", only("GET"));

app.get("/health", (c) => c.json({ ok: true }));
app.all("/health", only("GET"));

app.notFound(() => problem({ code: "not_found", message: "There is nothing at this address." }));

app.onError((error) => {
	if (error instanceof MethodRefused) return problem(error.refusal, { Allow: error.allow });
	if (error instanceof Refused) return problem(error.refusal);
	// What the error says may quote what people sent: only its name is logged.
	console.error(`A request failed: ${error.name}.`);
	return problem({ code: "internal", message: "The server failed at this; try again.", retryAfterMs: 1000 });
});
