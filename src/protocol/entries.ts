/** The messages of the state: what sets an entry, and what tells of it. */
import * as v from "valibot";
import { Data, EntryKey, MessageId, Seq } from "./fields.ts";

/** Replaces an entry by `value`, drops it where that is null, or adds a number to it: one of them. */
export const SetRequest = v.pipe(
	v.object({
		type: v.literal("set"),
		id: MessageId,
		key: EntryKey,
		value: v.optional(Data),
		add: v.optional(v.pipe(v.number(), v.finite())),
		/** The version of the entry; 0 where there is none. */
		expect: v.optional(Seq),
	}),
	v.check((set) => (set.value === undefined) !== (set.add === undefined), "takes `value` or `add`, and one of them"),
	v.check((set) => set.add === undefined || set.expect === undefined, "takes `expect` with `value` alone"),
);
export type SetRequest = v.InferOutput<typeof SetRequest>;

/** `value` null is a drop. The entry's version is its message's where it has none. */
export const StateEntry = v.object({ key: EntryKey, value: v.unknown(), version: v.optional(Seq) });
export type StateEntry = v.InferOutput<typeof StateEntry>;

/** `full`, on the first part, empties what is held; all parts but the last have `more`. */
export const State = v.object({
	type: v.literal("state"),
	version: Seq,
	entries: v.array(StateEntry),
	full: v.optional(v.literal(true)),
	more: v.optional(v.literal(true)),
});
export type State = v.InferOutput<typeof State>;
