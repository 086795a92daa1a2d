/**
 * The one file that you edit: the names of your events, who may publish them, what they set off, who may set what,
 * and your own kinds of jobs.
 */
import { archive } from "./jobs/archive/archive.ts";
import { defineApp } from "./jobs/define.ts";
import { moderate } from "./jobs/moderate.ts";
import { unfurl } from "./jobs/unfurl.ts";
import { webhook } from "./jobs/webhook.ts";

export const app = defineApp({
	events: {
		// A link in a chat message gets a card.
		chat: { from: "members", starts: ["unfurl"] },
		// Everything else is anyone's. Take this line away, and only what is listed may be published.
		"*": { from: "members" },
	},
	state: {
		// Entries, by their keys: what the room remembers as its newest. A vote of one's own, which nobody else may set:
		// "vote/{member}": { write: "own" },
		// Everything else is anyone's.
		"*": { write: "members" },
	},
	kinds: [unfurl, moderate],
	ranges: [archive, webhook],
	// Your own login's tokens are checked by TOKEN_JWKS_URL; here you say whom they let into which room.
	// admit: ({ sub, name }, room) => ({ member: String(sub), name, can: ["read", "publish"] }),
});
