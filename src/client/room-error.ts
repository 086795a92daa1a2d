import type { Reason } from "./room.ts";

/** A refusal as an exception: `code` is stable, `message` a sentence. */
export class RoomError extends Error {
	readonly refusal: Reason;

	constructor(refusal: Reason) {
		super(refusal.message);
		this.name = "RoomError";
		this.refusal = refusal;
	}

	get code(): string {
		return this.refusal.code;
	}
}
