/** The close codes that every page needs, by themselves: with all the others they would be no small part of the client. */
import type { CLOSE } from "../protocol/codes.ts";

export const TOKEN_REFUSED: typeof CLOSE.tokenRefused = 4003;
export const BUSY: typeof CLOSE.busy = 4004;
export const FORBIDDEN: typeof CLOSE.forbidden = 4504;

/** True where the code tells a client to stop for good. */
export function stopsClient(closeCode: number): boolean {
	return closeCode >= 4500 && closeCode <= 4999;
}
