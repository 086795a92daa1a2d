/** Tokens, good and bad, as an attacker or a careless backend would make them. */
import { exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";

export const SECRET = "a-secret-of-more-than-thirty-two-characters";
export const ISSUER = "https://login.example/";
export const JWKS_URL = "https://login.example/jwks.json";

const GOOD: JWTPayload = {
	sub: "ada",
	aud: "rotunda",
	rooms: ["team-*"],
	can: ["read", "publish", "signal", "presence", "job", "moderate"],
};

const secretOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Seconds since 1970. */
export const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

/** A token by TOKEN_SECRET; a claim that is set to undefined is left out. */
export function mint(claims: Record<string, unknown> = {}, secret = SECRET): Promise<string> {
	const payload = { ...GOOD, exp: inSeconds(600), ...claims };
	return new SignJWT(payload as JWTPayload).setProtectedHeader({ alg: "HS256" }).sign(secretOf(secret));
}

const base64url = (text: string): string => btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** A token that nobody signed. */
export function unsigned(alg: string, signature = ""): string {
	const payload = { ...GOOD, exp: inSeconds(600), iss: ISSUER };
	return `${base64url(JSON.stringify({ alg }))}.${base64url(JSON.stringify(payload))}.${signature}`;
}

/** Another's signature under claims of one's own. */
export async function tampered(): Promise<string> {
	const [header, , signature] = (await mint({ sub: "bob" })).split(".");
	return `${header}.${base64url(JSON.stringify({ ...GOOD, exp: inSeconds(600) }))}.${signature}`;
}

export interface LoginKey {
	alg: string;
	jwk: JsonWebKey;
	/** The public key as PEM. */
	pem: string;
	sign(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

/** What a login may sign with, by the kind of its key. */
export const LOGIN_ALGS = [
	...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
	...(["ES256", "ES384", "ES512", "EdDSA"] as const),
] as const;

/** A key pair of a login provider, and the tokens that it signs. */
export async function loginKey(alg: (typeof LOGIN_ALGS)[number], kid: string): Promise<LoginKey> {
	const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
	const exported = (await crypto.subtle.exportKey("jwk", publicKey)) as JsonWebKey;
	const { key_ops: _, ext: __, ...bare } = exported;
	return {
		alg,
		jwk: { ...bare, kid, alg, use: "sig" } as JsonWebKey,
		pem: await exportSPKI(publicKey),
		sign: (claims = {}, header = {}) => {
			const payload = { ...GOOD, iss: ISSUER, exp: inSeconds(600), ...claims };
			return new SignJWT(payload as JWTPayload).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
		},
	};
}

/** HS256 with a public key for a secret: what a server that trusts the token's `alg` takes for good. */
export function confused(text: string): Promise<string> {
	return mint({ iss: ISSUER }, text);
}
