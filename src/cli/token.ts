/**
 * `npm run token`: prints a token for your rooms and the room's URL with it. The secret is TOKEN_SECRET,
 * from the environment or from .dev.vars.
 */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs, parseEnv } from "node:util";
import { SignJWT } from "jose";
import { TOKEN_SECRET_BYTES_MIN } from "../protocol/limits.ts";
import { CAPABILITIES } from "../protocol/messages.ts";
import { utf8Bytes } from "../protocol/text.ts";

const USAGE =
	"npm run token -- --room 'team-*' --sub ada --can read,publish --ttl 15m [--name Ada] [--url http://localhost:8787]";

function fail(sentence: string): never {
	console.error(`${sentence}\nUsage: ${USAGE}`);
	process.exit(1);
}

const { values } = parseArgs({
	options: {
		room: { type: "string" },
		sub: { type: "string" },
		can: { type: "string", default: "read,publish,signal,presence,job" },
		ttl: { type: "string", default: "15m" },
		name: { type: "string" },
		url: { type: "string", default: "http://localhost:8787" },
	},
});
const { room, sub, name, url } = values;
if (room === undefined) fail("Say which rooms the token opens: --room.");
if (sub === undefined) fail("Say whose token it is: --sub.");
const can = values.can.split(",").map((each) => each.trim());
const unknown = can.find((each) => !(CAPABILITIES as readonly string[]).includes(each));
if (unknown !== undefined) fail(`There is no capability \`${unknown}\`; there are ${CAPABILITIES.join(", ")}.`);
if (!/^[0-9]+[smhd]$/.test(values.ttl)) fail("--ttl is a time such as 30s, 15m, 8h or 7d.");

const devVars = existsSync(".dev.vars") ? parseEnv(readFileSync(".dev.vars", "utf8")) : {};
const secret = process.env.TOKEN_SECRET ?? devVars.TOKEN_SECRET;
if (secret === undefined || secret === "") {
	fail(
		"There is no TOKEN_SECRET. Put a line TOKEN_SECRET=… of 32 or more random characters into .dev.vars, or set it in the environment.",
	);
}
if (utf8Bytes(secret) < TOKEN_SECRET_BYTES_MIN) {
	const from = process.env.TOKEN_SECRET === undefined ? ".dev.vars" : "the environment";
	fail(
		`The TOKEN_SECRET of ${from} has fewer than ${TOKEN_SECRET_BYTES_MIN} characters; the server takes none so short.`,
	);
}
// Empty, it asks a login's tokens for none; one's own are for this server all the same.
const audience = process.env.TOKEN_AUDIENCE || devVars.TOKEN_AUDIENCE || "rotunda";
const token = await new SignJWT({ rooms: [room], can, ...(name === undefined ? {} : { name }) })
	.setProtectedHeader({ alg: "HS256" })
	.setSubject(sub)
	.setAudience(audience)
	.setIssuedAt()
	.setExpirationTime(values.ttl)
	.sign(new TextEncoder().encode(secret));
console.log(token);
// A pattern is no room's name: its first room is as good as any.
console.log(`${url}/rooms/${room.replaceAll("*", "1")}#token=${token}`);
