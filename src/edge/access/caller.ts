/**
 * Who calls, and what they may do: proven here, once a join or request, before a room is reached.
 * What is not proven allowed is refused (G10).
 */
import type { App } from "../../jobs/define.ts";
import {
	displayName,
	isNoValue,
	MEMBER_ID,
	matchesPattern,
	OPERATOR,
	OPERATOR_AUTHOR,
	RESERVED_MEMBERS,
	RESUME_KEY,
} from "../../protocol/ids.ts";
import { NAME_LETTERS_MAX } from "../../protocol/limits.ts";
import { CAPABILITIES, type Capability } from "../../protocol/messages.ts";
import { isOperator } from "../operators.ts";
import { Refused } from "../problem.ts";
import { settingsOf } from "../settings-of.ts";
import { addressOf } from "./address.ts";
import { guestOf } from "./guests.ts";
import { countFailure } from "./knocks.ts";
import { type Claims, type Proof, verifyToken } from "./tokens.ts";

export interface Caller {
	/** Null for a guest without a socket, whom the room knows by its address. */
	member: string | null;
	name: string;
	can: readonly Capability[];
	/** When its token expires, Unix ms; null for one without. */
	expiresAt: number | null;
	/** A guest's network address, by which guests share buckets and bans; null for everyone else. */
	address: string | null;
}

export const OPERATOR_CALLER = {
	member: OPERATOR,
	name: OPERATOR_AUTHOR,
	can: CAPABILITIES,
	expiresAt: null,
	address: null,
} as const satisfies Caller;

/** What an app says of those whom its own login vouches for. */
export type Admits = Pick<App, "admit">;

/** What a token proves about its holder in this room. @throws Refused */
export async function callerOfToken(
	token: string,
	room: string,
	env: Cloudflare.Env,
	app: Admits,
): Promise<Caller & { member: string }> {
	const proof = await verifyToken(token, settingsOf(env), env.TOKEN_SECRET);
	const { claims } = proof;
	if (typeof claims.sub !== "string") throw new Refused("unauthorized", "The token's `sub` is not a text.");
	const { member, name, can } = await grantOf(proof, room, app);
	if (
		typeof member !== "string" ||
		!MEMBER_ID.test(member) ||
		isNoValue(member) ||
		RESERVED_MEMBERS.some((prefix) => member.startsWith(prefix))
	) {
		throw new Refused(
			"unauthorized",
			"The token's `sub` (or the `member` of `admit`) cannot be a member's id: 1 to 128 letters, digits or any of . _ ~ @ : -, neither `undefined` nor `null`, and neither `guest:` nor `room:` at its beginning.",
		);
	}
	return { member, name: nameOf(name, member), can, expiresAt: claims.exp * 1000, address: null };
}

/** What is shown of a name that a token or an app gives: the member's id where that is none, or the room's own; and an id that reads as the room's says that it is a member's. */
function nameOf(name: unknown, member: string): string {
	const shown = typeof name === "string" ? displayName(name) : null;
	const id = member.slice(0, NAME_LETTERS_MAX);
	return shown ?? displayName(id) ?? `member ${id}`;
}

/** What a token's claims or an app say, before it is checked. */
interface Grant {
	member: unknown;
	name: unknown;
	can: readonly Capability[];
}

async function grantOf({ claims, isForUs }: Proof, room: string, app: Admits): Promise<Grant> {
	const { sub, name, rooms, can } = claims as Claims & { name?: unknown; rooms?: unknown; can?: unknown };
	if (!isForUs || (rooms === undefined && can === undefined)) {
		// A token of your own login says nothing of rooms: app.ts does.
		const admitted = (await app.admit?.(claims, room)) ?? null;
		if (admitted === null) throw new Refused("forbidden", "Your login does not open this room.");
		return { member: admitted.member, name: admitted.name, can: capabilitiesOf(admitted.can) };
	}
	if (!listOf(rooms).some((pattern) => typeof pattern === "string" && matchesPattern(room, pattern))) {
		throw new Refused("forbidden", "You may not enter: the token is not for this room; get one that names it.");
	}
	return { member: sub, name, can: capabilitiesOf(can) };
}

function capabilitiesOf(can: unknown): Capability[] {
	const named = listOf(can);
	return CAPABILITIES.filter((each) => named.includes(each));
}

/** A list, or the words of one text: neither a room's name nor a capability holds a space or a comma. */
function listOf(claim: unknown): readonly unknown[] {
	if (typeof claim === "string") return claim.split(/[\s,]+/);
	return Array.isArray(claim) ? claim : [];
}

/** Who sends an HTTP request: an operator, a token's holder or, where the server is open, a guest. @throws Refused */
export async function callerOf(request: Request, room: string, env: Cloudflare.Env, app: Admits): Promise<Caller> {
	const authorization = request.headers.get("Authorization");
	if (authorization !== null) {
		if (await isOperator(request, env.OPERATOR_KEY)) {
			return OPERATOR_CALLER;
		}
		const token = bearerOf(authorization);
		return callerOfToken(token, room, env, app).catch((error) => countFailure(error, request, env));
	}
	const settings = settingsOf(env);
	if (settings.access === "token") {
		throw new Refused(
			"unauthorized",
			"You are not signed in: this server asks for a token; send Authorization: Bearer and the token.",
		);
	}
	// Its id is the room's to give: a digest that anyone could make of an address would be the address itself.
	return { member: null, name: "Guest", can: settings.guestCan, expiresAt: null, address: addressOf(request) };
}

/**
 * Who reads over HTTP: like {@link callerOf}, and a guest that shows its key is known by it, with a bucket of its own
 * beside that of its address. Where no address is known there is none to share, and a key could be anyone's invention.
 * @throws Refused
 */
export async function readerOf(request: Request, room: string, env: Cloudflare.Env, app: Admits): Promise<Caller> {
	const caller = await callerOf(request, room, env, app);
	const key = request.headers.get("Rotunda-Resume");
	if (key === null || caller.member !== null || caller.address === null) return caller;
	if (!RESUME_KEY.test(key)) throw new Refused("bad_request", "That is no guest's key; read without it.");
	const { id, name } = await guestOf(key, null);
	return { ...caller, member: id, name };
}

/** The token of an `Authorization` header. @throws Refused `unauthorized` for any other scheme */
export function bearerOf(authorization: string): string {
	const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
	if (token !== undefined) return token;
	throw new Refused("unauthorized", "Send Authorization: Bearer and a token.");
}

/** @throws Refused `forbidden` where the caller lacks the capability. */
export function requireCapability(caller: Caller, capability: Capability): void {
	if (caller.can.includes(capability)) return;
	throw new Refused("forbidden", `This asks for the capability \`${capability}\` in this room, which you do not have.`);
}
