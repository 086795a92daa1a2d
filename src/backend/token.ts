/** Tokens for the members of one's rooms, made where their secret is: in the backend. */
import { SignJWT } from "jose";
import { TOKEN_SECRET_BYTES_MIN } from "../protocol/limits.ts";
import type { Capability } from "../protocol/messages.ts";
import { utf8Bytes } from "../protocol/text.ts";

export interface Grant {
	/** The member's id: 1 to 128 letters, digits or any of . _ ~ @ : - */
	member: string;
	/** What others see; the id where it is missing. */
	name?: string;
	/** The rooms that it opens; `*` stands for any run of characters: `team-*`. */
	rooms: readonly string[];
	/** What it lets its holder do; `read`, `publish`, `signal`, `presence` and `job` where it is missing. */
	can?: readonly Capability[];
	/** For how long, seconds; 900 where it is missing. A client fetches another in time. */
	seconds?: number;
	/** The server's `TOKEN_AUDIENCE`, where that is not `rotunda`. */
	audience?: string;
}

const CAN: readonly Capability[] = ["read", "publish", "signal", "presence", "job"];
const SECONDS = 900;

/** A token (JWT, HS256) by the server's `TOKEN_SECRET`. @throws TypeError where the secret is too short for the server */
export async function mintToken(secret: string, grant: Grant): Promise<string> {
	if (utf8Bytes(secret) < TOKEN_SECRET_BYTES_MIN) {
		throw new TypeError(
			`The secret has fewer than ${TOKEN_SECRET_BYTES_MIN} characters; the server takes none so short.`,
		);
	}
	const { member, name, rooms, can = CAN, seconds = SECONDS, audience = "rotunda" } = grant;
	return new SignJWT({ rooms: [...rooms], can: [...can], ...(name === undefined ? {} : { name }) })
		.setProtectedHeader({ alg: "HS256" })
		.setSubject(member)
		.setAudience(audience)
		.setIssuedAt()
		.setExpirationTime(`${seconds}s`)
		.sign(new TextEncoder().encode(secret));
}
