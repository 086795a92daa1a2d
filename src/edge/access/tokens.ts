/**
 * Tokens: JWTs of your backend (HS256 by TOKEN_SECRET) or of your login (ES256, EdDSA, RS256 by
 * TOKEN_JWKS_URL). Which algorithm is allowed follows from the kind of key, never from the token:
 * a public key is never taken for a secret.
 */
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import {
	JWKS_BYTES_MAX,
	JWKS_CACHE_MS,
	JWKS_COOLDOWN_MS,
	JWKS_MS_MAX,
	TOKEN_CHARS_MAX,
} from "../../protocol/limits.ts";
import type { Settings } from "../../protocol/settings.ts";
import { Refused } from "../problem.ts";

export type Claims = JWTPayload & { sub: string; exp: number };

const BY_JWKS = ["ES256", "EdDSA", "RS256"];

/** The remote key sets, each with its cache, for the life of the isolate. */
const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

/**
 * The claims of a token that is proven.
 * @throws Refused `unauthorized` with a sentence for everything else.
 */
export async function verifyToken(token: string, settings: Settings, secret: string | undefined): Promise<Claims> {
	if (token.length > TOKEN_CHARS_MAX) throw new Refused("unauthorized", "The token is too long to be one.");
	const { tokenKeys, tokenAudience: audience } = settings;
	const required = { audience, requiredClaims: ["sub", "exp"] };
	const alg = algorithmOf(token);
	try {
		if (alg === "HS256" && secret !== undefined && secret !== "") {
			const key = new TextEncoder().encode(secret);
			return (await jwtVerify(token, key, { ...required, algorithms: ["HS256"] })).payload as Claims;
		}
		if (tokenKeys !== null && alg !== null && BY_JWKS.includes(alg)) {
			const { url, issuer } = tokenKeys;
			const verified = await jwtVerify(token, keySetOf(url), { ...required, issuer, algorithms: BY_JWKS });
			return verified.payload as Claims;
		}
	} catch (error) {
		// Not the token's fault: its holder is not told to give up.
		if (isKeysFault(error)) {
			const message = "The keys to check the token with could not be had; try again in a moment.";
			throw new Refused("overloaded", message, { retryAfterMs: JWKS_COOLDOWN_MS });
		}
		throw new Refused("unauthorized", sentenceOf(error));
	}
	throw new Refused("unauthorized", "The token is not signed in a way that this server has a key for.");
}

/** What the token says it is signed with; null for what is no token. */
function algorithmOf(token: string): string | null {
	try {
		return decodeProtectedHeader(token).alg ?? null;
	} catch {
		return null;
	}
}

function keySetOf(url: string): ReturnType<typeof createRemoteJWKSet> {
	let keys = keySets.get(url);
	if (keys === undefined) {
		keys = createRemoteJWKSet(new URL(url), {
			timeoutDuration: JWKS_MS_MAX,
			cooldownDuration: JWKS_COOLDOWN_MS,
			cacheMaxAge: JWKS_CACHE_MS,
			[customFetch]: fetchBounded,
		});
		keySets.set(url, keys);
	}
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

function sentenceOf(error: unknown): string {
	if (error instanceof errors.JWTExpired) return "The token has expired; get a new one.";
	if (error instanceof errors.JWTClaimValidationFailed) {
		if (error.claim === "nbf") return "The token is not valid yet.";
		return `The token's claim \`${error.claim}\` is missing or is not what this server asks for.`;
	}
	if (error instanceof errors.JOSEError) return "The token is not signed by a key that this server knows.";
	return "The token could not be checked; get a new one, or try again.";
}
