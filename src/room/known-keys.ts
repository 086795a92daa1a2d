/** The ids under which something was published or set: by them a repeat is known. */

export interface KeyAge {
	at: number;
	seq: number;
}

export interface PublishKey {
	member: string;
	id: string;
}

/** A publish that is known. */
export interface KnownKey extends PublishKey {
	seq: number;
	/** Empty where it is not known: an older version of the code wrote the key. */
	digest: string;
}
