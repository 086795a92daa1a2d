/** The fields that messages have in common. */
import * as v from "valibot";
import { MEMBER_ID } from "./ids.ts";
import { ALTERED } from "./json.ts";
import { DATA_DEPTH_MAX, ID_CHARS_MAX, NAME_CHARS_MAX } from "./limits.ts";
import { ENTRY_KEY_CHARS_MAX } from "./state-limits.ts";
import { holdsFiniteNumbers, holdsNumber, nestsDeeper } from "./text.ts";

/**
 * Text without control characters: SQLite and people read it the same way. They are spelt out, because the API's
 * document quotes this to tools that know no classes of Unicode.
 */
const PRINTABLE = /^[^\u0000-\u001f\u007f-\u009f]+$/;
export const MessageId = v.pipe(v.string(), v.regex(PRINTABLE), v.maxLength(ID_CHARS_MAX));
export const EventName = v.pipe(v.string(), v.regex(PRINTABLE), v.maxLength(NAME_CHARS_MAX));
export const MemberId = v.pipe(v.string(), v.regex(MEMBER_ID));
export const Seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Any JSON value, nested at most DATA_DEPTH_MAX deep, that comes out of the store as it went in. */
export const Data = v.pipe(
	v.unknown(),
	v.check((data) => !nestsDeeper(data, DATA_DEPTH_MAX), `nests deeper than ${DATA_DEPTH_MAX} levels`),
	v.check(holdsFiniteNumbers, ({ input }) =>
		holdsNumber(input, ALTERED)
			? "holds an integer that a JSON number cannot carry exactly; send it as a string"
			: "holds a number that is too large",
	),
);

/** The key of an entry. Of `.` and `..` a URL makes something else. */
export const EntryKey = v.pipe(
	v.string(),
	v.regex(PRINTABLE),
	v.maxLength(ENTRY_KEY_CHARS_MAX),
	v.check((key) => key !== "." && key !== "..", "is neither `.` nor `..`"),
);

export const isEntryKey = (key: unknown): key is string => v.is(EntryKey, key);
export const isEventName = (name: unknown): name is string => v.is(EventName, name);
