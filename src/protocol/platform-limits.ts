/** What the platform allows, and how far below it Rotunda stays. */

/** Messages in one batch that is handed to a queue. */
export const SEND_BATCH_MAX = 100;
/** A parameter of a room's statements; SQLite there takes 2 MB. */
export const PARAMETER_BYTES_MAX = 1024 * 1024;
/** The latest alarm, Unix ms: the platform refuses those after 2189. A token may well expire later: `exp` in milliseconds is a common slip. */
export const ALARM_AT_MAX = Date.UTC(2189);
/** What wrangler.toml says of the queue of jobs (`max_retries`): a kind that made more attempts would end among the dead. */
export const QUEUE_RETRIES_MAX = 10;
/** A parameter of the archive's statements; D1 takes 2 MB. */
export const ARCHIVE_PARAMETER_BYTES_MAX = 512 * 1024;
/** What a queue itself may take to deliver. */
export const QUEUE_SLACK_MS = 15_000;
