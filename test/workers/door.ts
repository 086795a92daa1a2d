/** The Worker's door under settings or with an app of a test's own: the same rooms, other `[vars]` and secrets. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";
import { type App, defineApp } from "../../src/jobs/define.ts";
import { createRoomServer, type RoomServer } from "../../src/server.ts";
import { Guest, ORIGIN } from "./guest.ts";

export type Call = (path: string, init?: RequestInit) => Promise<Response>;

type Vars = Readonly<Record<string, string | undefined>>;

/** Calls the Worker as it is with these variables. */
export function doorWith(vars: Vars, origin = ORIGIN, { fetch }: Pick<RoomServer, "fetch"> = worker): Call {
	const bindings = { ...env, ...vars } as Cloudflare.Env;
	return async (path, init) => fetch(new Request(origin + path, init), bindings, createExecutionContext());
}

/** Calls it as it is where the app lets a login's own tokens in by `admit`. */
export function doorAdmitting(vars: Vars, admit: NonNullable<App["admit"]>): Call {
	return doorWith(vars, ORIGIN, createRoomServer(defineApp({ events: {}, admit })));
}

/** A join: the refusal as HTTP or as the page hears it, or the guest. */
export async function knock(call: Call, path: string, headers: Record<string, string> = {}): Promise<Guest | Response> {
	const response = await call(path, { headers: { Upgrade: "websocket", ...headers } });
	return response.webSocket === null ? response : new Guest(response.webSocket);
}

/** A join that is to be let in, until it has caught up. */
export async function enter(call: Call, path: string, headers: Record<string, string> = {}): Promise<Guest> {
	const knocked = await knock(call, path, headers);
	if (!(knocked instanceof Guest)) throw new Error(`Refused: ${await knocked.text()}`);
	await knocked.until(() => knocked.closed !== null || knocked.heard.some(({ type }) => type === "caught-up"));
	if (knocked.closed !== null) throw new Error(`Refused: ${JSON.stringify([knocked.closed, ...knocked.heard])}`);
	return knocked;
}

/** Joins with a token as a page does: by subprotocol. */
export function bearing(token: string): Record<string, string> {
	return { "Sec-WebSocket-Protocol": `rotunda.v1, bearer.${token}` };
}

/**
 * What became of a join, in a word or two: `in`, a problem's `403 forbidden`, or what a page is told,
 * `4504 forbidden`.
 */
export async function outcomeOf(knocked: Guest | Response): Promise<string> {
	if (!(knocked instanceof Guest)) return problemOf(knocked);
	await knocked.until(() => knocked.closed !== null || knocked.heard.some(({ type }) => type === "caught-up"));
	if (knocked.closed === null) {
		await leave(knocked);
		return "in";
	}
	const [said] = knocked.heard;
	return `${knocked.closed.code} ${said?.type === "error" ? said.code : said?.type}`;
}

/** Leaves, and waits until the room has said so. */
export async function leave(guest: Guest): Promise<void> {
	guest.socket.close(1000, "bye");
	await guest.until(() => guest.closed !== null);
}

/** `200`, or `403 forbidden`. */
export async function problemOf(response: Response): Promise<string> {
	const text = await response.text();
	if (response.headers.get("Content-Type") !== "application/problem+json") return String(response.status);
	return `${response.status} ${(JSON.parse(text) as { code: string }).code}`;
}
