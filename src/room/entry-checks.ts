/** What is asked of one set of an entry: who may, what it expects, what becomes of the entry, and what is told of it. */
import { encodeMessage } from "../protocol/codec.ts";
import type { Refusal } from "../protocol/codes.ts";
import { OPERATOR } from "../protocol/ids.ts";
import type { EntryRule } from "../protocol/rules.ts";
import { sameJson } from "../protocol/text.ts";
import type { Author } from "./author.ts";
import type { PresentEntry } from "./effects.ts";
import type { Expectation, Setting } from "./inputs.ts";
import type { Entry } from "./state-store.ts";

/** True of who may be told an entry: where a rule says so, only the member that its key names, and operators. */
export function maySee(member: string, rule: EntryRule | null): boolean {
	return member === OPERATOR || (rule !== null && (!rule.isOwn || rule.owner === member));
}

export function mayWrite({ member, can }: Author, { write, owner }: EntryRule, isDrop: boolean): boolean {
	if (member === OPERATOR) return write !== "rules";
	const isMembers = write === "members" || (write === "own" && owner === member);
	if (isMembers || !can.has("moderate")) return isMembers;
	return write === "moderators" || (isDrop && write === "own");
}

const WRITERS = {
	members: "members",
	own: "the member that they name",
	moderators: "those who may moderate",
	backend: "the app's backend and its rules",
	rules: "the rules of events alone",
} as const;

/** Why one who may publish may not set it, as a sentence. */
export function whyNotWrite(rule: EntryRule | null): string {
	if (rule === null) return "Nobody may set an entry of that key here: it fits no pattern of `state` in app.ts.";
	return `Entries of that key are set by ${WRITERS[rule.write]}: \`write\` in app.ts says so.`;
}

export function meets(version: number, expect: Expectation | undefined): boolean {
	if (expect === undefined) return true;
	if (typeof expect === "number") return version === expect;
	return version > 0 && (expect === "some" || expect.includes(version));
}

interface Next {
	value: unknown;
	/** What is wrong with it, as a sentence. */
	fault: string | null;
}

/** What an entry would be after a set. */
export function valueAfter({ value, add }: Setting, entry: Entry | null, rule: EntryRule): Next {
	if (add === undefined) return { value, fault: value === null ? null : rule.fault(value) };
	const before: unknown = entry === null ? 0 : JSON.parse(entry.value ?? "null");
	if (typeof before !== "number")
		return { value: null, fault: "The entry is not a number: nothing can be added to it." };
	const sum = before + add;
	if (Math.abs(sum) > Number.MAX_SAFE_INTEGER) {
		return { value: null, fault: "The sum is larger than a JSON number can carry exactly." };
	}
	return { value: sum, fault: rule.fault(sum) };
}

/** True where an entry, null where there is none, is what it is to become. */
export function isSame(entry: Entry | null, json: string | null, value: unknown): boolean {
	if (entry === null || json === null) return entry === null && json === null;
	return entry.value !== null && (entry.value === json || sameJson(JSON.parse(entry.value), value));
}

/** A conflict's error, with the entry as it is. */
export function encodeConflict(refusal: Refusal, entry: PresentEntry | null): string {
	const error = encodeMessage({ type: "error", ...refusal });
	if (entry === null) return error;
	const { key, version, json } = entry;
	return `${error.slice(0, -1)},"key":${JSON.stringify(key)},"version":${version},"value":${json}}`;
}
