/** Who is here: oneself first, the others by name. */
import type { Member } from "../../protocol/messages.ts";
import { Store } from "../store.ts";

export class Roster extends Store {
	me: string | null = null;
	count = 0;
	members: readonly Member[] = [];
	#names = new Map<string, string>();

	welcome(me: string): void {
		this.me = me;
		this.changed();
	}

	told(count: number, members: ReadonlyMap<string, Member>): void {
		this.count = count;
		this.#names = new Map([...members.values()].map(({ id, name }) => [id, name]));
		this.members = [...members.values()].sort((a, b) => {
			if (a.id === this.me || b.id === this.me) return a.id === this.me ? -1 : 1;
			return a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1);
		});
		this.changed();
	}

	/** Members who are here and not in the sample that a large room tells of. */
	get unnamed(): number {
		return Math.max(0, this.count - this.members.length);
	}

	nameOf(member: string): string {
		return this.#names.get(member) ?? "Somebody";
	}
}
