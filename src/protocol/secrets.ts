/** The secrets that a deployer sets: long enough that nobody guesses them, and there where a setting needs them. */
import { OPERATOR_KEY_CHARS_MIN, TOKEN_SECRET_BYTES_MIN, WEBHOOK_SECRET_BYTES_MIN } from "./limits.ts";
import { utf8Bytes } from "./text.ts";

/** Of a text in base64 (Standard Webhooks: `whsec_` and 24 to 64 bytes), or null where it is none. */
function bytesOfBase64(text: string): number | null {
	const [, digits] = /^(?:whsec_)?([A-Za-z0-9+/]+)={0,2}$/.exec(text) ?? [];
	return digits === undefined ? null : Math.floor((digits.length * 3) / 4);
}

/** Says what is wrong, and where a secret is set; never what it is. */
function refuse(name: string, sentence: string): never {
	throw new Error(
		`${sentence} Set it in .dev.vars for \`wrangler dev\`, and on your account by \`npx wrangler secret put ${name}\`.`,
	);
}

/**
 * Checks the Worker's secrets before it serves anything; an empty one counts as none.
 * @throws Error with a sentence that names the secret that is too short, or missing beside its setting.
 */
export function checkSecrets(vars: Readonly<Record<string, unknown>>): void {
	const textOf = (name: string): string => (typeof vars[name] === "string" ? vars[name].trim() : "");
	const [tokenSecret, webhookSecret] = [textOf("TOKEN_SECRET"), textOf("WEBHOOK_SECRET")];
	if (textOf("ACCESS") === "token" && tokenSecret === "" && textOf("TOKEN_JWKS_URL") === "") {
		const message =
			"The setting ACCESS is `token`, and nothing is there to check one with: TOKEN_SECRET or TOKEN_JWKS_URL.";
		refuse("TOKEN_SECRET", message);
	}
	if (textOf("WEBHOOK_URL") !== "" && webhookSecret === "") {
		refuse("WEBHOOK_SECRET", "The setting WEBHOOK_URL needs the secret WEBHOOK_SECRET: nothing is sent unsigned.");
	}
	const bytes = utf8Bytes(tokenSecret);
	if (bytes > 0 && bytes < TOKEN_SECRET_BYTES_MIN) {
		refuse(
			"TOKEN_SECRET",
			`The secret TOKEN_SECRET has ${bytes} characters; it needs ${TOKEN_SECRET_BYTES_MIN} or more.`,
		);
	}
	for (const { length } of textOf("OPERATOR_KEY")
		.split(",")
		.map((key) => key.trim())) {
		if (length === 0 || length >= OPERATOR_KEY_CHARS_MIN) continue;
		refuse(
			"OPERATOR_KEY",
			`A key of the secret OPERATOR_KEY has ${length} characters; it needs ${OPERATOR_KEY_CHARS_MIN} or more.`,
		);
	}
	for (const secret of webhookSecret.split(/[\s,]+/).filter((each) => each !== "")) {
		if ((bytesOfBase64(secret) ?? 0) >= WEBHOOK_SECRET_BYTES_MIN) continue;
		refuse(
			"WEBHOOK_SECRET",
			`The secret WEBHOOK_SECRET is not \`whsec_\` and ${WEBHOOK_SECRET_BYTES_MIN} or more bytes in base64.`,
		);
	}
}
