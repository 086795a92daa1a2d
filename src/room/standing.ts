/** Where a session stands in the state while it is not live. */

/** How far a reading of the state has come. */
export interface Reading {
	/** Versions up to this one are told to everyone who reads so; at the end it is `through`. */
	at: number;
	/** Likewise of what the member alone sees. */
	ownAt: number;
	/** The version at which it began. */
	through: number;
	/** Where it began: what was dropped later is told. Null where it is told in full. */
	from: number | null;
	/** True from the first part on; of what the member alone sees likewise. */
	isBegun: boolean;
	isOwnBegun: boolean;
	/** True where all is told that everyone sees. */
	isShared: boolean;
}

/** The version that a session has, and what it is being told. */
export interface Standing {
	version: number;
	reading: Reading | null;
}
