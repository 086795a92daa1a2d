/** Secrets at the start: long enough, there where a setting needs them, and never told. */
import { expect, test } from "vitest";
import { checkSecrets } from "../../src/protocol/secrets.ts";

const WHSEC = `whsec_${btoa("x".repeat(24))}`;

test.each([
	[{}],
	[{ TOKEN_SECRET: "", OPERATOR_KEY: "", WEBHOOK_SECRET: "" }],
	[{ ACCESS: "token", TOKEN_SECRET: "s".repeat(32) }],
	[{ ACCESS: "token", TOKEN_JWKS_URL: "https://login.example/jwks" }],
	[{ OPERATOR_KEY: "twelve-chars, another-one-of-them," }],
	[{ WEBHOOK_URL: "https://hook.example/", WEBHOOK_SECRET: WHSEC }],
	[{ WEBHOOK_SECRET: `${WHSEC} ${btoa("y".repeat(64))}` }],
])("%j starts", (vars) => {
	expect(() => checkSecrets(vars)).not.toThrow();
});

test.each([
	["TOKEN_SECRET", { TOKEN_SECRET: "s".repeat(31) }],
	["OPERATOR_KEY", { OPERATOR_KEY: "op" }],
	["OPERATOR_KEY", { OPERATOR_KEY: "a-key-that-is-long-enough, short" }],
	["WEBHOOK_SECRET", { WEBHOOK_SECRET: `whsec_${btoa("x".repeat(23))}` }],
	["WEBHOOK_SECRET", { WEBHOOK_SECRET: `${WHSEC},short` }],
	["WEBHOOK_SECRET", { WEBHOOK_SECRET: "no base64, however long it may be: !!!!!!!!!!!!!!" }],
	["TOKEN_SECRET", { ACCESS: "token" }],
	["TOKEN_SECRET", { ACCESS: "token", TOKEN_SECRET: "  " }],
	["WEBHOOK_SECRET", { WEBHOOK_URL: "https://hook.example/" }],
])("G10 without a %s that is good, %j does not start: a sentence says why and where, and not what", (name, vars) => {
	expect(() => checkSecrets(vars)).toThrow(
		new RegExp(`${name}.*\\. Set it in \\.dev\\.vars .*npx wrangler secret put ${name}\`\\.$`),
	);
	for (const secret of ["s".repeat(31), "short", btoa("x".repeat(23)), "!!!"]) {
		expect(() => checkSecrets(vars)).not.toThrow(secret);
	}
});
