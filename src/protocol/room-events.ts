/** The events that a room itself says: the schemas of their data. */
import * as v from "valibot";
import { MemberId, MessageId, Seq } from "./fields.ts";
import { ROOM_JOB, ROOM_REDACTED } from "./ids.ts";

export const RoomJob = v.object({
	job: MessageId,
	name: v.string(),
	of: v.nullable(Seq),
	result: v.unknown(),
});
export type RoomJob = v.InferOutput<typeof RoomJob>;

export const RoomRedacted = v.object({ seq: Seq, by: MemberId });
export type RoomRedacted = v.InferOutput<typeof RoomRedacted>;

/** The schema of each one's data, by its name. */
export const ROOM_EVENTS = { [ROOM_JOB]: RoomJob, [ROOM_REDACTED]: RoomRedacted } as const;
