/** What a deployer sets in `[vars]`, read once and strictly: a setting that does not parse stops the Worker. */
import * as v from "valibot";
import { RANGE_BYTES_MAX, RANGE_EVENTS_MAX } from "./job-limits.ts";
import { DEFAULTS, EVENT_BYTES_CEILING } from "./limits.ts";
import { CAPABILITIES, type Capability } from "./messages.ts";
import { STATE_BYTES_CEILING, STATE_ENTRIES_CEILING } from "./state-limits.ts";

export interface Settings {
	access: "open" | "token";
	guestCan: readonly Capability[];
	/** Where the keys of your login's tokens are, and who must have issued them; null where there are none. */
	tokenKeys: { url: string; issuer: string } | null;
	/** Null asks your login's tokens for none: then `admit` decides alone. */
	tokenAudience: string | null;
	/** Origins of any scheme, each with at most one `*`: the first label of its host, or a run within one. */
	allowedOrigins: readonly string[];
	/** 0 lifts every publish limit, the room's too. */
	publishPerSecond: number;
	/** 0 lifts the limit. */
	signalPerSecond: number;
	roomPublishPerSecond: number;
	eventBytesMax: number;
	historyEventsMax: number;
	historyAgeMsMax: number;
	historyBytesMax: number;
	stateEntriesMax: number;
	/** Of keys, and of values as JSON. */
	stateBytesMax: number;
	/** How long the state of a room is kept in which nobody is. */
	stateAgeMsMax: number;
	roomSessionsMax: number;
	memberSessionsMax: number;
	jobsPendingPerMemberMax: number;
	/** null keeps everything. */
	archiveAgeMsMax: number | null;
	webhookUrl: string | null;
	/** Event names, in which `*` matches any run. */
	webhookEvents: readonly string[];
	/** Of one delivery. */
	webhookEventsMax: number;
	/** Of the body of one delivery, unless a single event is larger. */
	webhookBytesMax: number;
	/** The queue of what was tried in vain, where its name does not say so; null where it does. */
	deadJobsQueue: string | null;
	/** True where the room page shows the remote images of unfurled pages. */
	unfurlImages: boolean;
}

const DAY_MS = 24 * 3_600_000;

const whole = (least: number, most = Number.MAX_SAFE_INTEGER) =>
	v.pipe(
		v.union([v.number(), v.pipe(v.string(), v.regex(/^[0-9]{1,15}$/), v.transform(Number))]),
		v.safeInteger(),
		v.minValue(least),
		v.maxValue(most),
	);

const list = v.pipe(
	v.string(),
	v.transform((text) => text.split(/[\s,]+/).filter((word) => word !== "")),
);

const HOST_CHARS = "[a-z0-9._-]";
const LABEL_CHARS = "[a-z0-9_-]";
/** Up to the label in which a `*` stands: alone only as the first, and never the last, which anyone may register. */
const STARRED = `(?:\\*|${HOST_CHARS}*\\*${LABEL_CHARS}+|${HOST_CHARS}*${LABEL_CHARS}\\*)\\.`;
const ORIGIN = new RegExp(
	`^[a-z][a-z0-9+.-]*://(?:(?:${STARRED})?${HOST_CHARS}+|\\[[0-9a-f:]+\\])(?::[0-9]{1,5})?/?$`,
	"i",
);

/** As browsers send it: lower case, without a slash, and without the scheme's own port. */
function canonical(text: string): string {
	return text
		.toLowerCase()
		.replace(/\/$/, "")
		.replace(/^(http:.*):80$|^(https:.*):443$/, "$1$2");
}

const READERS = {
	ACCESS: [v.picklist(["open", "token"]), "`open` or `token`"],
	GUEST_CAN: [v.pipe(list, v.array(v.picklist(CAPABILITIES))), `some of: ${CAPABILITIES.join(" ")}`],
	ALLOWED_ORIGINS: [
		v.pipe(
			list,
			v.array(v.pipe(v.string(), v.regex(ORIGIN))),
			v.transform((origins) => origins.map(canonical)),
		),
		"origins such as https://example.com, https://*.example.com, https://pr-*.example.com or capacitor://localhost",
	],
	TOKEN_JWKS_URL: [v.pipe(v.string(), v.url(), v.regex(/^https?:/)), "an http or https address"],
	TOKEN_ISSUER: [v.pipe(v.string(), v.minLength(1)), "the issuer (`iss`) of your login's tokens"],
	TOKEN_AUDIENCE: [v.string(), "the audience (`aud`) of the tokens for this server"],
	PUBLISH_PER_SECOND: [whole(0), "a whole number, 0 or more"],
	SIGNAL_PER_SECOND: [whole(0), "a whole number, 0 or more"],
	ROOM_PUBLISH_PER_SECOND: [whole(1), "a whole number, 1 or more"],
	EVENT_MAX_BYTES: [whole(1, EVENT_BYTES_CEILING), `a whole number of bytes, 1 to ${EVENT_BYTES_CEILING}`],
	HISTORY_MAX_EVENTS: [whole(1), "a whole number, 1 or more"],
	HISTORY_MAX_AGE_DAYS: [whole(1, 36_500), "a whole number of days, 1 to 36500"],
	HISTORY_MAX_BYTES: [whole(1), "a whole number of bytes, 1 or more"],
	ROOM_MAX_SESSIONS: [whole(1, 32_768), "a whole number, 1 to 32768"],
	MEMBER_MAX_SESSIONS: [whole(1), "a whole number, 1 or more"],
	JOBS_MAX_PENDING_PER_MEMBER: [whole(1), "a whole number, 1 or more"],
	ARCHIVE_MAX_AGE_DAYS: [whole(0, 36_500), "a whole number of days, 0 (keep everything) to 36500"],
	WEBHOOK_URL: [v.pipe(v.string(), v.url(), v.regex(/^https?:/)), "an http or https address"],
	WEBHOOK_EVENTS: [list, "event names, such as `chat order.*`"],
	WEBHOOK_MAX_EVENTS: [whole(1, RANGE_EVENTS_MAX), `a whole number, 1 to ${RANGE_EVENTS_MAX}`],
	WEBHOOK_MAX_BYTES: [whole(1024, RANGE_BYTES_MAX), `a whole number of bytes, 1024 to ${RANGE_BYTES_MAX}`],
	STATE_MAX_ENTRIES: [whole(1, STATE_ENTRIES_CEILING), `a whole number, 1 to ${STATE_ENTRIES_CEILING}`],
	STATE_MAX_BYTES: [whole(1, STATE_BYTES_CEILING), `a whole number of bytes, 1 to ${STATE_BYTES_CEILING}`],
	STATE_MAX_AGE_DAYS: [whole(1, 36_500), "a whole number of days, 1 to 36500"],
	DEAD_JOBS_QUEUE: [v.pipe(v.string(), v.minLength(1)), "the name of the queue of dead jobs"],
	UNFURL_IMAGES: [v.picklist(["on", "off"]), "`on` or `off`"],
} as const;

type Vars = Readonly<Record<string, unknown>>;

function readOf(vars: Vars) {
	return function read<K extends keyof typeof READERS, D>(
		name: K,
		otherwise: D,
	): v.InferOutput<(typeof READERS)[K][0]> | D {
		const value = vars[name];
		if (value === undefined) return otherwise;
		const [schema, expected] = READERS[name];
		const result = v.safeParse(schema, value);
		if (result.success) return result.output as v.InferOutput<(typeof READERS)[K][0]>;
		// A line of .dev.vars is a text, and counts before wrangler.toml: a number can only come from there.
		const where = typeof value === "string" ? " If .dev.vars has a line for it, that is the one that counts." : "";
		throw new Error(
			`The setting ${name} is ${JSON.stringify(value)}, which is not ${expected}.${where} Correct it under [vars] in wrangler.toml.`,
		);
	};
}

/** Whose tokens are good. @throws Error where the settings for it do not fit together. */
function readTokens(read: ReturnType<typeof readOf>): Pick<Settings, "tokenKeys" | "tokenAudience"> {
	const jwksUrl = read("TOKEN_JWKS_URL", null);
	const issuer = read("TOKEN_ISSUER", null);
	if (jwksUrl !== null && issuer === null) {
		throw new Error(
			"The setting TOKEN_JWKS_URL needs TOKEN_ISSUER beside it: without it, whoever has a key there could let anyone in. Set it under [vars] in wrangler.toml.",
		);
	}
	const audience = read("TOKEN_AUDIENCE", "rotunda");
	if (jwksUrl === null && audience === "") {
		throw new Error(
			"The setting TOKEN_AUDIENCE is empty, which asks for no audience: only beside TOKEN_JWKS_URL, where `admit` in src/app.ts decides. Set one under [vars] in wrangler.toml.",
		);
	}
	return {
		tokenKeys: jwksUrl === null || issuer === null ? null : { url: jwksUrl, issuer },
		tokenAudience: audience === "" ? null : audience,
	};
}

/**
 * Reads the settings from the Worker's variables.
 * @throws Error with a sentence that names the setting that does not parse.
 */
export function readSettings(vars: Vars): Settings {
	const read = readOf(vars);
	const count = (name: keyof typeof DEFAULTS): number => read(name, DEFAULTS[name]);
	return {
		access: read("ACCESS", "open"),
		guestCan: read("GUEST_CAN", ["read", "publish", "signal", "presence", "job"]),
		...readTokens(read),
		allowedOrigins: read("ALLOWED_ORIGINS", []),
		publishPerSecond: count("PUBLISH_PER_SECOND"),
		signalPerSecond: count("SIGNAL_PER_SECOND"),
		roomPublishPerSecond: count("ROOM_PUBLISH_PER_SECOND"),
		eventBytesMax: count("EVENT_MAX_BYTES"),
		historyEventsMax: count("HISTORY_MAX_EVENTS"),
		historyAgeMsMax: count("HISTORY_MAX_AGE_DAYS") * DAY_MS,
		historyBytesMax: count("HISTORY_MAX_BYTES"),
		stateEntriesMax: count("STATE_MAX_ENTRIES"),
		stateBytesMax: count("STATE_MAX_BYTES"),
		stateAgeMsMax: count("STATE_MAX_AGE_DAYS") * DAY_MS,
		roomSessionsMax: count("ROOM_MAX_SESSIONS"),
		memberSessionsMax: count("MEMBER_MAX_SESSIONS"),
		jobsPendingPerMemberMax: count("JOBS_MAX_PENDING_PER_MEMBER"),
		archiveAgeMsMax: count("ARCHIVE_MAX_AGE_DAYS") * DAY_MS || null,
		webhookUrl: read("WEBHOOK_URL", null),
		webhookEvents: read("WEBHOOK_EVENTS", ["*"]),
		webhookEventsMax: count("WEBHOOK_MAX_EVENTS"),
		webhookBytesMax: count("WEBHOOK_MAX_BYTES"),
		deadJobsQueue: read("DEAD_JOBS_QUEUE", null),
		unfurlImages: read("UNFURL_IMAGES", "off") === "on",
	};
}
