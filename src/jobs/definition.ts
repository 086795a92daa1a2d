/** What `app.ts` says: which events there are, who may publish them, and what they set off. */

import type { GenericSchema } from "valibot";
import type { Decide } from "../protocol/decision.ts";
import type { Capability } from "../protocol/messages.ts";
import type { MemberRules } from "../protocol/rules.ts";
import type { Kind, RangeKind } from "./kind.ts";

export interface EventDefinition {
	/** Who may publish it: everyone with the capability, those who may moderate, or your backend alone. */
	from: "members" | "moderators" | "backend";
	/** What its data must be; anything where it is missing. */
	data?: GenericSchema;
	/** The kind that must clear it before anyone sees it. */
	hold?: string;
	/** The kind that may have it taken back after everyone has seen it. */
	review?: string;
	/** What happens to a held event whose check fails or does not come back: refused, if nothing is said. */
	unchecked?: "refuse" | "publish";
	/** How long a held event waits for its check, seconds: 300, if nothing is said. */
	withinSeconds?: number;
	/** The kinds of the jobs that it starts. */
	starts?: readonly string[];
	/**
	 * Decides whether it happens, and what happens with it: pure and synchronous, in the room, after all other checks and
	 * before anyone sees it. It may run again, and must not mind.
	 */
	decide?: Decide;
}

export interface EntryDefinition {
	/**
	 * Who may set it: everyone who may publish, the member that the key names, those who may moderate, your backend
	 * alone, or nobody but the rules of events. Who may moderate may drop what members may set.
	 */
	write: "members" | "own" | "moderators" | "backend" | "rules";
	/** What its value must be; anything where it is missing. */
	value?: GenericSchema;
	/** `own` shows it to nobody but the member that the key names, and to operators. */
	see?: "own";
}

export interface AppDefinition {
	/** By the event's name; `*` stands for every name that is not listed. Without it those are refused. */
	events: Readonly<Record<string, EventDefinition>>;
	/**
	 * What the data of a signal must be, by its name; `*` stands for every name that is not listed. Where nothing is said
	 * of a name, it is anything.
	 */
	signals?: Readonly<Record<string, GenericSchema>>;
	/** What a member's presence state must be, where it has one; anything where it is missing. */
	presence?: GenericSchema;
	/**
	 * By patterns of their keys, in which `{member}` is one whole member's id and `*` any run of characters: the first
	 * that a key fits counts, and a key that fits none may be set by nobody. No entries where it is missing.
	 */
	state?: Readonly<Record<string, EntryDefinition>>;
	/** What happens when a member comes or has gone: each once, however many windows it has. It refuses nobody. */
	members?: MemberRules;
	/** The kinds of jobs, shipped and your own; none where it is missing. */
	kinds?: readonly Kind[];
	/** The kinds that work on the history itself; none where it is missing. */
	ranges?: readonly RangeKind[];
	/**
	 * Who the holder of your own login's token is in a room, and what they may do there; null for nobody.
	 * Asked only for proven tokens that carry no `rooms` and `can` themselves; where TOKEN_AUDIENCE is empty, for
	 * every token of the login, for it may have been made for anyone.
	 */
	admit?: (claims: Readonly<Record<string, unknown>>, room: string) => Admission | null | Promise<Admission | null>;
}

export interface Admission {
	/** The member's id: 1 to 128 letters, digits or any of . _ ~ @ : - */
	member: string;
	/** The display name, as a claim gives it; the member's id is shown where it is missing or no text. */
	name?: unknown;
	can: readonly Capability[];
}
