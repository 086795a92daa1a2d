/** A server that could be guessed into, or that cannot check what it asks for, does not start, and says why. */
import { expect, test } from "vitest";
import { runtime } from "../support/runtime.ts";

test.each([
	[{ ACCESS: "token" }, /ACCESS is `token`.*TOKEN_SECRET or TOKEN_JWKS_URL/],
	[{ OPERATOR_KEY: "op" }, /OPERATOR_KEY has 2 characters/],
	[{ TOKEN_SECRET: "secret" }, /TOKEN_SECRET has 6 characters/],
	[{ WEBHOOK_URL: "https://hook.example/" }, /WEBHOOK_URL needs the secret WEBHOOK_SECRET/],
	[{ ALLOWED_ORIGINS: "example.com" }, /ALLOWED_ORIGINS is .*example\.com/],
])("G10 workerd does not start with %j: a sentence says why", async (vars, sentence) => {
	await expect(runtime(vars)).rejects.toThrow(sentence);
});
