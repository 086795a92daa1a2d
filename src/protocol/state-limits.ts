/** The bounds of a room's state, each with its unit last in its name. What a deployer may change has its default in limits.ts. */

/** The key of an entry, in UTF-16 units: two members' ids fit, or a path. */
export const ENTRY_KEY_CHARS_MAX = 256;
/**
 * The largest STATE_MAX_ENTRIES and STATE_MAX_BYTES that a deployer may set: a list that can show nothing to whom it is
 * for looks at all keys.
 */
export const STATE_ENTRIES_CEILING = 32_768;
export const STATE_BYTES_CEILING = 64 * 1024 * 1024;
/** One member holds at most so much of the state's bounds: eight must work together to fill it. */
export const STATE_SHARE = 1 / 8;
/** Entries that one turn reads for one who catches up, beside the bytes of a page: of events it is as many. */
export const STATE_PIECE_ENTRIES_MAX = 1_000;
/** A number as JSON takes fewer bytes: of an entry that takes as many only as much is looked up as the turn needs. */
export const NUMBER_BYTES_MAX = 32;
/** Drops that are remembered, the newest; and for how long. Whoever has seen less is told the whole state. */
export const DROPS_MAX = 10_000;
export const DROPS_MS = 24 * 3_600_000;
/** So many beyond that go at once: a turn that drops one does not forget one each time. */
export const DROPS_SLACK = 1_000;
/** Drops that one alarm forgets because they are old. Each is four rows written, as half a key of REMAINS_ROWS_MAX. */
export const DROPS_FORGOTTEN_MAX = 500;
/** Keys that a list looks at in one piece, without their values. */
export const STATE_KEYS_AT_ONCE = 500;
/** Entries that one turn of an erasure looks at, without their values: each may be one to drop. */
export const ERASE_ENTRIES_MAX = 500;
