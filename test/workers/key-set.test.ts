/** The keys of one's own login: by TOKEN_JWKS_URL, cached, rotated, and never waited for longer than 3 s. */
import { reset } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { JWKS_BYTES_MAX, JWKS_CACHE_MS, JWKS_COOLDOWN_MS } from "../../src/protocol/limits.ts";
import { confused, ISSUER, LOGIN_ALGS, loginKey, mint, SECRET } from "../mint.ts";
import { bearing, type Call, doorWith, enter, knock, outcomeOf } from "./door.ts";
import { Guest } from "./guest.ts";

/** What the login's server answers; a test says it anew. */
let answer: (init: RequestInit) => Response | Promise<Response>;
let fetches: { url: string; init: RequestInit }[] = [];
let call: Call;
let servers = 0;

beforeEach(() => {
	// A key set is kept for the isolate's life: each test has a server of its own.
	const url = `https://login-${++servers}.example/jwks.json`;
	call = doorWith({ ACCESS: "token", TOKEN_JWKS_URL: url, TOKEN_ISSUER: ISSUER, TOKEN_SECRET: SECRET });
	fetches = [];
	vi.stubGlobal("fetch", async (to: string, init: RequestInit) => {
		fetches.push({ url: String(to), init });
		return answer(init);
	});
});
afterEach(async () => {
	vi.useRealTimers();
	vi.unstubAllGlobals();
	await reset();
});

const keys = (...jwks: JsonWebKey[]) => {
	answer = () => Response.json({ keys: jwks });
};
const joining = async (token: string, door = call) => outcomeOf(await knock(door, "/rooms/team-a", bearing(token)));

/** Lets time pass for those who look at the clock; where `ms` is less than 0, it is set back. */
function pass(ms: number): void {
	const now = Date.now();
	vi.useFakeTimers({ toFake: ["Date"] });
	vi.setSystemTime(now + ms);
}

test.each(LOGIN_ALGS)("a token of one's login by %s is good, and its set is fetched once", async (alg) => {
	const key = await loginKey(alg, "k1");
	keys(key.jwk);
	expect([await joining(await key.sign()), await joining(await key.sign())]).toEqual(["in", "in"]);
	expect(fetches).toHaveLength(1);
	expect(fetches[0]?.url).toBe(`https://login-${servers}.example/jwks.json`);
});

test.each(["RS256", "ES256", "EdDSA"] as const)(
	"G10 %s goes with its kind of key: no other is taken for it, nor it for a secret",
	async (alg) => {
		const all = await Promise.all((["RS256", "ES256", "EdDSA"] as const).map((each) => loginKey(each, "k")));
		keys(...all.filter((each) => each.alg !== alg).map(({ jwk }) => jwk));
		for (const key of all.filter((each) => each.alg === alg)) {
			expect(await joining(await key.sign())).toBe("401 unauthorized");
			for (const text of [key.pem, key.pem.trim(), JSON.stringify(key.jwk), JSON.stringify({ keys: [key.jwk] })]) {
				expect(await joining(await confused(text))).toBe("401 unauthorized");
			}
		}
	},
);

test("a set whose keys name no algorithm, as Entra's, is good for every one of their kind", async () => {
	const { jwk } = await loginKey("RS256", "k1");
	const { alg: _, ...bare } = jwk;
	const key = await loginKey("PS384", "k2");
	const { alg: __, ...other } = key.jwk;
	keys(bare, other);
	expect(await joining(await key.sign())).toBe("in");
});

test("G10 a key that names its algorithm is good for no other of its kind", async () => {
	const key = await loginKey("RS256", "k1");
	keys({ ...key.jwk, alg: "PS256" } as JsonWebKey);
	expect(await joining(await key.sign())).toBe("401 unauthorized");
});

test("G10 a secret that stands in the key set is no secret: HS256 goes by TOKEN_SECRET alone", async () => {
	const k = btoa("a secret of thirty-two characters").replaceAll("=", "");
	keys({ kty: "oct", k, alg: "HS256", kid: "k1" } as JsonWebKey);
	expect(await joining(await mint({ iss: ISSUER }, "a secret of thirty-two characters"))).toBe("401 unauthorized");
	expect(await joining(await mint())).toBe("in");
	expect(fetches).toEqual([]);
});

test("a rotated key is picked up without a restart, and the old one is refused once it is gone", async () => {
	const [old, fresh] = await Promise.all([loginKey("ES256", "old"), loginKey("ES256", "new")]);
	keys(old.jwk);
	expect(await joining(await old.sign())).toBe("in");
	keys(fresh.jwk);
	pass(JWKS_COOLDOWN_MS + 1);
	expect(await joining(await fresh.sign())).toBe("in");
	expect(await joining(await old.sign())).toBe("401 unauthorized");
	expect(fetches).toHaveLength(2);
});

test("a key that was withdrawn is refused at the latest when the cache has run out", async () => {
	const key = await loginKey("ES256", "stolen");
	keys(key.jwk);
	expect(await joining(await key.sign())).toBe("in");
	keys();
	pass(JWKS_CACHE_MS + 1);
	expect(await joining(await key.sign({ exp: Math.floor(Date.now() / 1000) + 60 }))).toBe("401 unauthorized");
});

const YEAR_MS = 365 * 86_400_000;

test("G10 a key that was withdrawn is refused as soon where the clock was ahead and is set back", async () => {
	const key = await loginKey("ES256", "stolen");
	const soon = { exp: Math.floor(Date.now() / 1000) + 3_600 };
	const late = { exp: Math.floor((Date.now() + YEAR_MS) / 1000) + 3_600 };
	keys(key.jwk);
	pass(YEAR_MS);
	expect(await joining(await key.sign(late))).toBe("in");
	pass(-YEAR_MS);
	keys();
	pass(JWKS_CACHE_MS + 1);
	expect(await joining(await key.sign(soon))).toBe("401 unauthorized");
});

test("a rotated key is picked up as soon where the clock was ahead and is set back", async () => {
	const [old, fresh] = await Promise.all([loginKey("ES256", "old"), loginKey("ES256", "new")]);
	keys(old.jwk);
	pass(YEAR_MS);
	expect(await joining(await old.sign({ exp: Math.floor(Date.now() / 1000) + 60 }))).toBe("in");
	pass(-YEAR_MS);
	keys(fresh.jwk);
	pass(JWKS_COOLDOWN_MS + 1);
	expect(await joining(await fresh.sign())).toBe("in");
});

test("G8 tokens of unknown keys do not make the server ask for the set again and again", async () => {
	const [known, unknown] = await Promise.all([loginKey("ES256", "k1"), loginKey("ES256", "k2")]);
	keys(known.jwk);
	for (let n = 0; n < 20; n++) expect(await joining(await unknown.sign({}, { kid: `x${n}` }))).toBe("401 unauthorized");
	expect(fetches.length).toBeLessThanOrEqual(2);
});

test("a server of keys that hangs refuses the join within 3 s, retryably, and harms nobody inside", async () => {
	const key = await loginKey("ES256", "k1");
	answer = ({ signal }) =>
		new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
	const ada = await enter(call, "/rooms/team-a", bearing(await mint()));
	const startedAt = performance.now();
	const refused = joining(await key.sign());
	ada.publish("meanwhile");
	await ada.hears("event");
	// A client whose token is good must not be told to give up.
	expect(await refused).toMatch(/^503 /);
	expect(performance.now() - startedAt).toBeLessThan(3000);
	expect(ada.closed).toBeNull();
});

const FAULTS: [string, () => Response | Promise<Response>][] = [
	["is down", () => Promise.reject(new TypeError("connection refused"))],
	["answers 500", () => new Response("oops", { status: 500 })],
	["redirects", () => new Response(null, { status: 302, headers: { Location: "https://evil.example/jwks" } })],
	["answers 204", () => new Response(null, { status: 204 })],
	["sends a page", () => new Response("<html>", { headers: { "Content-Type": "text/html" } })],
	["sends no keys", () => Response.json({ keys: "none" })],
	["sends keys that are none", () => Response.json({ keys: [{ kty: "EC", kid: "k1", crv: "P-256", x: "!", y: "!" }] })],
];

test.each(FAULTS)("G10 a server of keys that %s lets nobody in, and says nothing of itself", async (_, fault) => {
	const key = await loginKey("ES256", "k1");
	answer = fault;
	const knocked = await knock(call, "/rooms/team-a", bearing(await key.sign()));
	if (knocked instanceof Guest) throw new Error("The join was let in.");
	expect([401, 503]).toContain(knocked.status);
	expect(await knocked.text()).not.toMatch(/login-|example|oops|refused\b.*connection|html|\bat \//);
	for (const { init } of fetches) expect(init.redirect).toBe("manual");
});

test("G8 an oversized set is not read to its end, and lets nobody in", async () => {
	const key = await loginKey("ES256", "k1");
	let pulled = 0;
	const body = new ReadableStream<Uint8Array>({
		pull(controller) {
			pulled += 64 * 1024;
			controller.enqueue(new TextEncoder().encode(" ".repeat(64 * 1024)));
		},
	});
	answer = () => new Response(body);
	expect(await joining(await key.sign())).toMatch(/^(401|503) /);
	expect(pulled).toBeLessThan(JWKS_BYTES_MAX + 256 * 1024);
});
