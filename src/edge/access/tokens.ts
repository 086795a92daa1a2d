/**
 * Tokens: JWTs of your backend (HS256 by TOKEN_SECRET) or of your login (RS, PS and ES of 256 to 512
 * and EdDSA by TOKEN_JWKS_URL). Which algorithm is allowed follows from the kind of key, never from the
 * token: a public key is never taken for a secret.
 */
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import {
	JWKS_BYTES_MAX,
	JWKS_CACHE_MS,
	JWKS_COOLDOWN_MS,
	JWKS_MS_MAX,
	TOKEN_AHEAD_SECONDS_MAX,
	TOKEN_CHARS_MAX,
	TOKEN_SECONDS_MAX,
} from "../../protocol/limits.ts";
import type { Settings } from "../../protocol/settings.ts";
import { Refused } from "../problem.ts";

export type Claims = JWTPayload & { sub: string; exp: number };

/** A token that is proven. */
export interface Proof {
	claims: Claims;
	/** False where no audience was asked for: it may have been made for anyone, and grants nothing by itself. */
	isForUs: boolean;
}

/** What a login may sign with: each goes with one kind of key (RFC 7518 section 3.1, RFC 8037, RFC 9864). */
const BY_JWKS = [
	...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"],
	...["EdDSA", "Ed25519"],
];
/** The audience of one's own backend, where TOKEN_AUDIENCE asks a login for none. */
const OWN_AUDIENCE = "rotunda";

/** A remote key set with its cache. */
interface KeySet {
	keyOf: ReturnType<typeof createRemoteJWKSet>;
	/** Where the clock stood when it was last asked or fetched, Unix ms. */
	stoodAt: number;
}

/** The remote key sets, for the life of the isolate. */
const keySets = new Map<string, KeySet>();

/**
 * The claims of a token, proven.
 * @throws Refused `unauthorized` with a sentence for everything else.
 */
export async function verifyToken(token: string, settings: Settings, secret: string | undefined): Promise<Proof> {
	if (token.length > TOKEN_CHARS_MAX) throw new Refused("unauthorized", "The token is too long to be one.");
	try {
		const proof = await proofOf(token, settings, secret);
		if (proof === null) throw new Refused("unauthorized", algorithmOf(token) === null ? NO_TOKEN : NO_KEY);
		const fault = faultOfTimes(proof.claims);
		if (fault === null) return proof;
		throw new Refused("unauthorized", fault);
	} catch (error) {
		if (error instanceof Refused) throw error;
		// Not the token's fault: its holder is not told to give up.
		if (isKeysFault(error)) {
			const message = "The keys to check the token with could not be had; try again in a moment.";
			throw new Refused("overloaded", message, { retryAfterMs: JWKS_COOLDOWN_MS });
		}
		throw new Refused("unauthorized", sentenceOf(error));
	}
}

/** Null where there is no kind of key for it. @throws what jose says of a token that is not good */
async function proofOf(token: string, settings: Settings, secret: string | undefined): Promise<Proof | null> {
	const { tokenKeys, tokenAudience } = settings;
	const required = { requiredClaims: ["sub", "exp"], clockTolerance: TOKEN_AHEAD_SECONDS_MAX };
	const alg = algorithmOf(token);
	if (alg === "HS256" && secret !== undefined && secret !== "") {
		const key = new TextEncoder().encode(secret);
		const asked = { ...required, audience: tokenAudience ?? OWN_AUDIENCE, algorithms: ["HS256"] };
		return { claims: (await jwtVerify(token, key, asked)).payload as Claims, isForUs: true };
	}
	if (tokenKeys === null || alg === null || !BY_JWKS.includes(alg)) return null;
	const { url, issuer } = tokenKeys;
	const audience = tokenAudience === null ? {} : { audience: tokenAudience };
	const asked = { ...required, ...audience, issuer, algorithms: BY_JWKS };
	const { payload } = await jwtVerify(token, keySetOf(url), asked);
	return { claims: payload as Claims, isForUs: tokenAudience !== null };
}

/**
 * What is wrong with a token's times, or null. Two machines' clocks may differ, so a token may begin a little
 * ahead of ours; it ends exactly when it says.
 */
function faultOfTimes({ exp, nbf, iat }: JWTPayload): string | null {
	for (const [claim, seconds] of Object.entries({ exp, nbf, iat })) {
		if (seconds === undefined || seconds < TOKEN_SECONDS_MAX) continue;
		return `The token's \`${claim}\` is not a time in seconds since 1970: it looks like milliseconds, which are to be divided by 1000.`;
	}
	const now = Date.now() / 1000;
	if (exp !== undefined && exp <= now) return EXPIRED;
	const begins = Math.max(nbf ?? 0, iat ?? 0);
	return begins > now + TOKEN_AHEAD_SECONDS_MAX ? NOT_YET : null;
}

/** What the token says it is signed with; null for what is no token. */
function algorithmOf(token: string): string | null {
	try {
		return decodeProtectedHeader(token).alg ?? null;
	} catch {
		return null;
	}
}

function keySetOf(url: string): KeySet["keyOf"] {
	const now = Date.now();
	let keys = keySets.get(url);
	// What a clock noted that was ahead would be good, and not fetched again, until this one has caught up.
	if (keys === undefined || now < keys.stoodAt) {
		keys = newKeySet(url);
		keySets.set(url, keys);
	}
	keys.stoodAt = now;
	return keys.keyOf;
}

function newKeySet(url: string): KeySet {
	const keyOf = createRemoteJWKSet(new URL(url), {
		timeoutDuration: JWKS_MS_MAX,
		cooldownDuration: JWKS_COOLDOWN_MS,
		cacheMaxAge: JWKS_CACHE_MS,
		[customFetch]: async (from: string, init: RequestInit) => {
			const answer = await fetchBounded(from, init);
			keys.stoodAt = Date.now();
			return answer;
		},
	});
	const keys: KeySet = { keyOf, stoodAt: 0 };
	return keys;
}

/** A key set is small; whatever else comes from that address is not read. */
async function fetchBounded(url: string, init: RequestInit): Promise<Response> {
	const answer = await fetch(url, { ...init, redirect: "manual" });
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	if (answer.body !== null) {
		for await (const chunk of answer.body as ReadableStream<Uint8Array>) {
			bytes += chunk.byteLength;
			if (bytes > JWKS_BYTES_MAX) throw new Error("The key set is too large.");
			chunks.push(chunk);
		}
	}
	return new Response(await new Blob(chunks).arrayBuffer(), { status: answer.status, headers: answer.headers });
}

/** True where the set of keys could not be fetched or read. */
function isKeysFault(error: unknown): boolean {
	if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
	if (error instanceof errors.JOSEError) return error.code === "ERR_JOSE_GENERIC";
	return true;
}

const NO_KEY = "The token is not signed in a way that this server has a key for.";
const NO_TOKEN =
	"That is no token, which is a JWT; and no operator's key of this server, which are those of its secret OPERATOR_KEY.";
const EXPIRED = "The token has expired; get a new one.";
const NOT_YET = `The token is not valid yet: its \`nbf\` or \`iat\` is more than ${TOKEN_AHEAD_SECONDS_MAX} s ahead of this server's clock.`;

function sentenceOf(error: unknown): string {
	if (error instanceof errors.JWTExpired) return EXPIRED;
	if (error instanceof errors.JWTClaimValidationFailed) {
		if (error.claim === "nbf" && error.reason === "check_failed") return faultOfTimes(error.payload) ?? NOT_YET;
		return `The token's claim \`${error.claim}\` is missing or is not what this server asks for.`;
	}
	if (error instanceof errors.JOSEError) return "The token is not signed by a key that this server knows.";
	return "The token could not be checked; get a new one, or try again.";
}
