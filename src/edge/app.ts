/** The Worker's routes. One URL is both the page and the socket: `/rooms/{room}`. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { FRAME_BYTES_MAX } from "../protocol/limits.ts";
import { readSettings } from "../protocol/settings.ts";
import { answer, postEvent, readEventsQuery } from "./events.ts";
import { join } from "./join.ts";
import { operations } from "./operations.ts";
import { problem, Refused } from "./problem.ts";
import { roomOf } from "./room-of.ts";

type Env = { Bindings: Cloudflare.Env };

/** One address is a page to some and JSON to others. */
const VARY: [string, string] = ["Vary", "Accept"];

export const app = new Hono<Env>();

function settingsOf(c: Context<Env>) {
	return readSettings(c.env as unknown as Record<string, unknown>);
}

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

app.get("/rooms/:room", async (c) => {
	const upgrade = c.req.header("Upgrade");
	const wantsPage = upgrade === undefined && (c.req.header("Accept") ?? "").includes("text/html");
	// The page itself says what is wrong with a name; everyone else gets a problem.
	if (wantsPage) {
		const page = await c.env.ASSETS.fetch(new URL("/room", c.req.url));
		return new Response(page.body, { status: page.status, headers: [...page.headers, VARY] });
	}
	if (upgrade === undefined) return answer(await roomOf(c.env, c.req.param("room")).summary(), [VARY]);
	if (upgrade.toLowerCase() === "websocket")
		return join(c.req.raw, () => roomOf(c.env, c.req.param("room")), settingsOf(c));
	throw new Refused("upgrade_required", "The only protocol to upgrade to here is websocket.");
});
app.route("/", operations);
app.all("/rooms", only("GET"));
app.all("/rooms/:room", only("GET", "DELETE"));

app.get("/rooms/:room/events", async (c) =>
	answer(await roomOf(c.env, c.req.param("room")).events(readEventsQuery(new URL(c.req.url).searchParams))),
);
app.post(
	"/rooms/:room/events",
	bodyLimit({
		maxSize: FRAME_BYTES_MAX,
		onError: () => problem({ code: "too_large", message: `A body holds at most ${FRAME_BYTES_MAX} bytes.` }),
	}),
	async (c) => postEvent(c.req.raw, roomOf(c.env, c.req.param("room")), settingsOf(c)),
);
app.all("/rooms/:room/events", only("GET", "POST"));

app.get("/rooms/:room/members", async (c) => answer(await roomOf(c.env, c.req.param("room")).members()));
app.all("/rooms/:room/members", only("GET"));

app.all("/rooms/:room/jobs", only("GET"));
app.all("/rooms/:room/jobs/:job", only("GET"));
app.all("/rooms/:room/jobs/:job/replay", only("POST"));
app.all("/archive/search", only("GET"));

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
