/** What a client offers as subprotocols of its socket: the one place of an upgrade where a page may say something in secret. */

/** Offered with every other; the room's reply names it alone. */
export const SUBPROTOCOL = "rotunda.v1";
/** Before a token. */
export const BEARER = "bearer.";
/** Before a guest's private key. */
export const RESUME = "resume.";
