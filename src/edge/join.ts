/**
 * Joining: what a request for a socket asks for, who asks, and the request that reaches the room.
 * The room's request is built afresh from what was proven; nothing else from outside passes.
 */
import { TICKET_HEADER, type Ticket, writeTicket } from "../durable/ticket.ts";
import { closeCodeOfRefusedJoin, type Refusal, statusOf } from "../protocol/codes.ts";
import { cleanName, displayName, isNoValue, OPERATOR_AUTHOR, RESUME_KEY, ROOM_AUTHOR } from "../protocol/ids.ts";
import {
	NAME_BYTES_MAX,
	NAME_LETTERS_MAX,
	PAGE_EVENTS_DEFAULT,
	PAGE_EVENTS_MAX,
	RETRY_MS_DEFAULT,
} from "../protocol/limits.ts";
import { BEARER, RESUME, SUBPROTOCOL } from "../protocol/subprotocols.ts";
import { addressOf } from "./access/address.ts";
import { type Admits, bearerOf, callerOfToken, OPERATOR_CALLER, requireCapability } from "./access/caller.ts";
import { guestOf, newGuestKey } from "./access/guests.ts";
import { countFailure, countKnock, countMember, networkOf } from "./access/knocks.ts";
import { isOriginAllowed } from "./access/origins.ts";
import { answer } from "./events.ts";
import { isOperator } from "./operators.ts";
import { problem, Refused } from "./problem.ts";
import { queryOf } from "./query.ts";
import { roomOf } from "./room-of.ts";
import { settingsOf } from "./settings-of.ts";

type HolderOf = (token: string) => ReturnType<typeof callerOfToken>;

/** Which room of which server. */
interface Where {
	name: string;
	env: Cloudflare.Env;
	app: Admits;
}

/** What proves who comes, and the subprotocol to name in the reply. */
export interface Offer {
	protocol: string | null;
	token: string | null;
	resume: string | null;
	/** What wins over the query's `since`. */
	since?: string | null;
	/** True where an operator's key is taken too: by a stream, for who hears by one speaks elsewhere, and is asked there. */
	isForOperators?: boolean;
}

/** Said to a page that is not listed: anyone may read that, for the page's author is to know. */
export function refusesOrigin(request: Request, env: Cloudflare.Env): Response | null {
	const origin = request.headers.get("Origin");
	if (isOriginAllowed(origin, new URL(request.url), settingsOf(env).allowedOrigins)) return null;
	const message = "Pages of this origin may not join rooms here. List it under ALLOWED_ORIGINS.";
	return problem({ code: "origin_refused", message }, { "Access-Control-Allow-Origin": "*" });
}

/** Lets the request join the room, or refuses it in the way that its sender can read. */
export async function join(request: Request, name: string, env: Cloudflare.Env, app: Admits): Promise<Response> {
	const origin = request.headers.get("Origin");
	const foreign = refusesOrigin(request, env);
	if (foreign !== null) return foreign;
	let refusal: Refusal;
	let protocol: string | null = null;
	try {
		const offer = readOffer(request.headers.get("Sec-WebSocket-Protocol"));
		protocol = offer.protocol;
		return await seat(offer, request, { name, env, app });
	} catch (error) {
		if (!(error instanceof Refused) && origin === null) throw error;
		refusal = error instanceof Refused ? error.refusal : failed(error);
		protocol ??= firstOffered(request);
	}
	return origin === null ? problem(refusal) : refuseBySocket(refusal, protocol);
}

/** The room's answer to one who has proven that it may join: 101 with the socket. @throws Refused */
export async function seat(offer: Offer, request: Request, { name, env, app }: Where): Promise<Response> {
	const room = roomOf(env, name);
	const ticket = await prove(offer, request, env, (token) => callerOfToken(token, name, env, app));
	const answer = await room.fetch("https://room/", {
		headers: { Upgrade: "websocket", [TICKET_HEADER]: writeTicket(ticket) },
	});
	if (answer.status === 101) return answer;
	const { code, message, ...more } = await answer.json<Refusal>();
	throw new Refused(code, message, more);
}

/**
 * How the room is, for one who asks as it would join: with the same query, its token as `Authorization` or its key as
 * `Rotunda-Resume`. It is refused as the join was, in words that a client can read whose socket never opened.
 * @throws Refused
 */
export async function summaryForJoiner(
	request: Request,
	name: string,
	env: Cloudflare.Env,
	app: Admits,
): Promise<Response> {
	const foreign = refusesOrigin(request, env);
	if (foreign !== null) return foreign;
	const room = roomOf(env, name);
	const resume = request.headers.get("Rotunda-Resume");
	const offer = { protocol: null, token: null, resume };
	const ticket = await prove(offer, request, env, (token) => callerOfToken(token, name, env, app));
	const { member, can, address } = ticket;
	// A guest without a key is known by its address, so that all that it asks is counted together.
	const isStranger = resume === null && address !== null;
	return answer(await room.summary({ member: isStranger ? null : member, name: ticket.name, can, address }, true));
}

/** A join that the server itself failed at: to be tried again. What the error says may quote what was sent. */
function failed(error: unknown): Refusal {
	console.error(`A join failed: ${error instanceof Error ? error.name : typeof error}.`);
	return { code: "internal", message: "The server failed at this; try again.", retryAfterMs: RETRY_MS_DEFAULT };
}

/** A browser fails a socket that does not name one of the subprotocols that it offered, and never reads why. */
function firstOffered(request: Request): string | null {
	return request.headers.get("Sec-WebSocket-Protocol")?.split(",")[0]?.trim() ?? null;
}

function readOffer(header: string | null): Offer {
	const offered = header === null ? [] : header.split(",").map((each) => each.trim());
	const offer: Offer = { protocol: null, token: null, resume: null };
	if (offered.length === 0) return offer;
	if (!offered.includes(SUBPROTOCOL)) {
		throw new Refused("bad_request", `Offer the subprotocol ${SUBPROTOCOL} along with every other.`);
	}
	offer.protocol = SUBPROTOCOL;
	for (const each of offered) {
		if (each.startsWith(BEARER)) offer.token = each.slice(BEARER.length);
		if (each.startsWith(RESUME)) offer.resume = each.slice(RESUME.length);
	}
	return offer;
}

async function prove(offer: Offer, request: Request, env: Cloudflare.Env, holderOf: HolderOf): Promise<Ticket> {
	const { host } = new URL(request.url);
	const query = queryOf(request.url);
	const holder = await count(offer, request, env, holderOf);
	const asked = {
		host,
		from: networkOf(request),
		since: offer.since ?? query.get("since"),
		history: readHistory(query.get("history")),
		withoutState: readState(query.get("state")),
		protocol: offer.protocol,
	};
	const name = readName(query.get("name"));
	const caller = holder === null ? await guestWith(offer.resume, name, request, env) : { ...holder, resume: null };
	requireCapability(caller, "read");
	return { ...asked, ...caller };
}

/** Who holds the token, or null without one. Whoever knocks is counted, also where it is refused for another reason. */
async function count(offer: Offer, request: Request, env: Cloudflare.Env, holderOf: HolderOf) {
	const authorization = request.headers.get("Authorization");
	if (offer.token === null && authorization === null) {
		const network = networkOf(request);
		if (network !== null) await countKnock(network, env);
		return null;
	}
	if (offer.isForOperators === true && (await isOperator(request, env.OPERATOR_KEY))) return OPERATOR_CALLER;
	const offered = async () => holderOf(offer.token ?? bearerOf(authorization ?? ""));
	const holder = await offered().catch((error) => countFailure(error, request, env));
	await countMember(holder.member, request, env);
	return holder;
}

/** Who a guest is by its key, or by a new one. @throws Refused */
async function guestWith(resume: string | null, name: string | null, request: Request, env: Cloudflare.Env) {
	const settings = settingsOf(env);
	if (settings.access === "token") {
		throw new Refused("unauthorized", "You are not signed in: only those whom a token lets in may enter here.");
	}
	if (resume !== null && !RESUME_KEY.test(resume)) {
		throw new Refused("bad_request", "That is no guest's key; join without it to get a new one.");
	}
	const key = resume ?? newGuestKey();
	const guest = await guestOf(key, name);
	return {
		member: guest.id,
		name: guest.name,
		can: settings.guestCan,
		expiresAt: null,
		address: addressOf(request),
		resume: key,
	};
}

function readName(name: string | null): string | null {
	if (name === null || isNoValue(name)) return null;
	const shown = displayName(name);
	// Cut, it would be a name that nobody chose.
	if (shown !== null && shown === cleanName(name.toWellFormed())) return shown;
	throw new Refused(
		"bad_request",
		`A name has 1 to ${NAME_LETTERS_MAX} visible characters and at most ${NAME_BYTES_MAX} bytes, and is neither ${ROOM_AUTHOR} nor ${OPERATOR_AUTHOR}.`,
	);
}

function readHistory(text: string | null): number {
	if (text === null) return PAGE_EVENTS_DEFAULT;
	if (/^[0-9]{1,3}$/.test(text) && Number(text) <= PAGE_EVENTS_MAX) return Number(text);
	throw new Refused("bad_request", `\`history\` is how many recent events to begin with: 0 to ${PAGE_EVENTS_MAX}.`);
}

/** True where it says that no entries are wanted. */
function readState(text: string | null): boolean {
	if (text === null || text === "none") return text !== null;
	throw new Refused("bad_request", "`state` is `none`, where you want no entries, or is not there.");
}

/**
 * A browser cannot read the status of a refused upgrade, so it is given a socket that says why
 * and closes with the code that tells it what to do.
 */
function refuseBySocket(refusal: Refusal, protocol: string | null): Response {
	const { 0: client, 1: server } = new WebSocketPair();
	server.accept();
	server.send(JSON.stringify([{ type: "error", ...refusal }]));
	server.close(closeCodeOfRefusedJoin(refusal.code), `${statusOf(refusal.code)} ${refusal.code}`);
	const headers = new Headers();
	if (protocol !== null) headers.set("Sec-WebSocket-Protocol", protocol);
	return new Response(null, { status: 101, webSocket: client, headers });
}
