/** Who calls: each kind of caller, the headers with which it comes, and what a route that says nothing of it answers. */
import { confused, ISSUER, inSeconds, JWKS_URL, type LoginKey, mint, SECRET, tampered, unsigned } from "../mint.ts";

export const PAGE = "https://app.example";
export const FOREIGN = "https://evil.example";
export const KEYS = "first-operator-key, second-operator-key";
/** The server that they call. */
export const VARS = {
	ACCESS: "token",
	TOKEN_SECRET: SECRET,
	TOKEN_JWKS_URL: JWKS_URL,
	TOKEN_ISSUER: ISSUER,
	OPERATOR_KEY: KEYS,
	ALLOWED_ORIGINS: PAGE,
};

const UNAUTHORIZED = "401 unauthorized";
const FORBIDDEN = "403 forbidden";
const ALL = ["read", "publish", "signal", "presence", "job", "moderate"];

/** The default is refusal: nothing here is served but by a row that says so. */
export const REFUSALS = {
	"no token": UNAUTHORIZED,
	"an empty token": UNAUTHORIZED,
	"no bearer": UNAUTHORIZED,
	garbage: UNAUTHORIZED,
	"too long a token": UNAUTHORIZED,
	expired: UNAUTHORIZED,
	"not yet valid": UNAUTHORIZED,
	"no expiry": UNAUTHORIZED,
	"an expiry that is text": UNAUTHORIZED,
	"wrong audience": UNAUTHORIZED,
	"no audience": UNAUTHORIZED,
	"no sub": UNAUTHORIZED,
	"a sub that is a number": UNAUTHORIZED,
	"a sub that is null": UNAUTHORIZED,
	"a sub that is a list": UNAUTHORIZED,
	"a guest's sub": UNAUTHORIZED,
	"the operator's sub": UNAUTHORIZED,
	"an empty sub": UNAUTHORIZED,
	"wrong key": UNAUTHORIZED,
	tampered: UNAUTHORIZED,
	"alg none": UNAUTHORIZED,
	"alg nOnE": UNAUTHORIZED,
	"alg none with a signature": UNAUTHORIZED,
	"alg HS512": UNAUTHORIZED,
	"HS256 by the RSA public key, PEM": UNAUTHORIZED,
	"HS256 by the RSA public key, PEM without its last line break": UNAUTHORIZED,
	"HS256 by the RSA public key, JWK": UNAUTHORIZED,
	"HS256 by the RSA modulus": UNAUTHORIZED,
	"HS256 by nothing": UNAUTHORIZED,
	"wrong issuer": UNAUTHORIZED,
	"no issuer": UNAUTHORIZED,
	"a login's key that brings itself along": UNAUTHORIZED,
	"a critical header that nobody knows": UNAUTHORIZED,
	"an operator key that is wrong": UNAUTHORIZED,
	"an operator key's beginning": UNAUTHORIZED,
	"all operator keys in one": UNAUTHORIZED,
	"a comma for an operator key": UNAUTHORIZED,
	"wrong room": FORBIDDEN,
	"a room's name in other letters": FORBIDDEN,
	"a pattern that ends too soon": FORBIDDEN,
	"no rooms": FORBIDDEN,
	"rooms of another type": FORBIDDEN,
	"neither rooms nor can": FORBIDDEN,
	"no capability": FORBIDDEN,
	"capabilities as one word": FORBIDDEN,
	"a capability that there is not": FORBIDDEN,
	"foreign origin": FORBIDDEN,
	"null origin": FORBIDDEN,
	"browser without origin": FORBIDDEN,
	"cookie without origin": FORBIDDEN,
	"operator from a foreign origin": FORBIDDEN,
	reader: FORBIDDEN,
	member: FORBIDDEN,
	"member by a login": FORBIDDEN,
	"member from a listed page": FORBIDDEN,
	operator: FORBIDDEN,
	"operator, second key": FORBIDDEN,
} as const;

export type CallerKind = keyof typeof REFUSALS;
export const KINDS = Object.keys(REFUSALS) as CallerKind[];

/** Those whose origin speaks against them where something is changed. */
export const CROSS_SITE: ReadonlySet<CallerKind> = new Set([
	"foreign origin",
	"null origin",
	"browser without origin",
	"cookie without origin",
	"operator from a foreign origin",
]);

/** What each brings as its token or key; null for none. Those that are not here bring a good token. */
export async function credentialsOf(kind: CallerKind, rsa: LoginKey, stranger: LoginKey): Promise<string | null> {
	const made: Partial<Record<CallerKind, () => string | Promise<string> | null>> = {
		"no token": () => null,
		"an empty token": () => "",
		garbage: () => "x.y.z",
		"too long a token": () => mint({ filler: "x".repeat(8192) }),
		expired: () => mint({ exp: inSeconds(-1) }),
		"not yet valid": () => mint({ nbf: inSeconds(60) }),
		"no expiry": () => mint({ exp: undefined }),
		"an expiry that is text": () => mint({ exp: String(inSeconds(600)) }),
		"wrong audience": () => mint({ aud: "other" }),
		"no audience": () => mint({ aud: undefined }),
		"no sub": () => mint({ sub: undefined }),
		"a sub that is a number": () => mint({ sub: 7 }),
		"a sub that is null": () => mint({ sub: null }),
		"a sub that is a list": () => mint({ sub: ["ada"] }),
		"a guest's sub": () => mint({ sub: "guest:0123456789abcdef" }),
		"the operator's sub": () => mint({ sub: "room:operator" }),
		"an empty sub": () => mint({ sub: "" }),
		"wrong key": () => mint({}, `${SECRET}.`),
		tampered,
		"alg none": () => unsigned("none"),
		"alg nOnE": () => unsigned("nOnE"),
		"alg none with a signature": () => unsigned("none", "AAAA"),
		"alg HS512": () => unsigned("HS512", "AAAA"),
		"HS256 by the RSA public key, PEM": () => confused(`${rsa.pem.trim()}\n`),
		"HS256 by the RSA public key, PEM without its last line break": () => confused(rsa.pem.trim()),
		"HS256 by the RSA public key, JWK": () => confused(JSON.stringify(rsa.jwk)),
		"HS256 by the RSA modulus": () => confused(rsa.jwk.n ?? ""),
		"HS256 by nothing": () => unsigned("HS256"),
		"wrong issuer": () => rsa.sign({ iss: "https://evil.example/" }),
		"no issuer": () => rsa.sign({ iss: undefined }),
		"a login's key that brings itself along": () =>
			stranger.sign({}, { jwk: stranger.jwk, jku: "https://evil.example/" }),
		"a critical header that nobody knows": () => rsa.sign({}, { crit: ["exp"], exp: 1 }).catch(() => unsigned("RS256")),
		"an operator key that is wrong": () => "third-operator-key",
		"an operator key's beginning": () => "first-operator",
		"all operator keys in one": () => KEYS.replaceAll(" ", ""),
		"a comma for an operator key": () => ",",
		"wrong room": () => mint({ rooms: ["other-*", "team", "eam-*"] }),
		"a room's name in other letters": () => mint({ rooms: ["TEAM-*"] }),
		"a pattern that ends too soon": () => mint({ rooms: ["team-", "*-", "t*m", ".*", "team-?", "(team-a)?"] }),
		"no rooms": () => mint({ rooms: [] }),
		"rooms of another type": () => mint({ rooms: [7, null, { length: 1 }, ["team-*"]] }),
		"neither rooms nor can": () => mint({ rooms: undefined, can: undefined }),
		"no capability": () => mint({ can: [] }),
		"capabilities as one word": () => mint({ can: `${ALL.join("")} ${ALL.join("-")} READ` }),
		"a capability that there is not": () => mint({ can: ["READ", "*", "admin", null, 7, ["read"]] }),
		"operator from a foreign origin": () => "first-operator-key",
		reader: () => mint({ can: ["read"] }),
		"member by a login": () => rsa.sign(),
		operator: () => "first-operator-key",
		"operator, second key": () => "second-operator-key",
	};
	return (made[kind] ?? mint)();
}

/** The headers about where it comes from. */
export function marksOf(kind: CallerKind): Record<string, string> {
	switch (kind) {
		case "foreign origin":
		case "operator from a foreign origin":
			return { Origin: FOREIGN };
		case "null origin":
			return { Origin: "null" };
		case "browser without origin":
			return { "Sec-Fetch-Site": "cross-site" };
		case "cookie without origin":
			return { Cookie: "a=b" };
		case "member from a listed page":
			return { Origin: PAGE };
		default:
			return {};
	}
}
