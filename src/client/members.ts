/** Who is here, as the welcome and the presence messages tell it. */
import type { Member, Presence, Welcome } from "../protocol/messages.ts";

export class Members {
	#byId = new Map<string, Member>();
	/** True once it was handed out: whoever has it keeps it as it is. */
	#isShared = false;
	count = 0;

	/** By id: the same map for as long as nothing changes, another one after that. */
	get byId(): ReadonlyMap<string, Member> {
		this.#isShared = true;
		return this.#byId;
	}

	welcome(welcome: Welcome): void {
		this.#replace(welcome.members);
		this.count = welcome.count;
	}

	presence(presence: Presence): void {
		const { joined, left, changed, full } = presence;
		if (full === true) this.#replace([]);
		else if (this.#isShared && joined.length + left.length + changed.length > 0) this.#replace(this.#byId.values());
		for (const member of joined) this.#byId.set(member.id, member);
		for (const id of left) this.#byId.delete(id);
		for (const change of changed) {
			const member = this.#byId.get(change.id);
			// One that is not in the sample that we were told of: counted, not known.
			if (member !== undefined) this.#byId.set(change.id, { ...member, ...change, name: change.name ?? member.name });
		}
		this.count = presence.count ?? this.count;
	}

	#replace(members: Iterable<Member>): void {
		this.#byId = new Map();
		for (const member of members) this.#byId.set(member.id, member);
		this.#isShared = false;
	}
}
