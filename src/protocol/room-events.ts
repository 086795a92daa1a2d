/** The events that a room itself says: their names, and the schemas of their data. */
import * as v from "valibot";
import { MemberId, MessageId, Seq } from "./fields.ts";

/** What came of a job that concerns the room. */
export const ROOM_JOB = "room.job";
/** Another event was taken back. */
export const ROOM_REDACTED = "room.redacted";

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
