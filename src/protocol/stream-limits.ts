/**
 * The bounds of a page that goes by a stream, each with its unit last in its name: they are loaded where no socket
 * opens, and in limits.ts they would be in what every page loads first.
 */

/** How often one who goes by a stream looks whether a socket opens again: a laptop has been carried home by then. Each try is a join. */
export const CLIENT_SOCKET_AGAIN_MS = 5 * 60_000;
/** What was heard by a stream within so long answers a ping: the server gives a sign every STREAM_PING_MS, and a line takes its time. */
export const CLIENT_SIGN_MS = 12_500;
/** What is said by a stream's side is let outlive a page that is left, up to so much of one request: all of a page's together have 64 KiB (Fetch, 4.6). */
export const CLIENT_KEPT_UNITS_MAX = 16 * 1024;
