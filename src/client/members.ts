/** Who is here, as the welcome and the presence messages tell it. */
import type { Member, Presence, Welcome } from "../protocol/messages.ts";

export class Members {
	readonly byId = new Map<string, Member>();
	count = 0;

	welcome(welcome: Welcome): void {
		this.#replace(welcome.members);
		this.count = welcome.count;
	}

	presence(presence: Presence): void {
		if (presence.full === true) this.#replace(presence.joined);
		else for (const member of presence.joined) this.byId.set(member.id, member);
		for (const id of presence.left) this.byId.delete(id);
		for (const change of presence.changed) {
			const member = this.byId.get(change.id);
			// One that is not in the sample that we were told of: counted, not known.
			if (member === undefined) continue;
			const state = "state" in change ? change.state : member.state;
			this.byId.set(change.id, { id: change.id, name: change.name ?? member.name, state });
		}
		this.count = presence.count ?? this.count;
	}

	#replace(members: readonly Member[]): void {
		this.byId.clear();
		for (const member of members) this.byId.set(member.id, member);
	}
}
