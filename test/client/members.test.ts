/** Who is here, as a client knows it by what it was told. */
import { expect, test } from "vitest";
import { Members } from "../../src/client/members.ts";
import type { Member, Presence } from "../../src/protocol/messages.ts";

const member = (id: string, state: unknown = null): Member => ({ id, name: id.toUpperCase(), state });
const presence = (told: Partial<Presence>): Presence => ({
	type: "presence",
	joined: [],
	left: [],
	changed: [],
	...told,
});

test("[N-3] each part of a presence is done, the count is the last one's, and a full one begins anew", () => {
	const members = new Members();
	members.presence(presence({ joined: [member("ann"), member("bob")], count: 2 }));
	members.presence(presence({ left: ["ann"], joined: [member("cid", 1)] }));
	expect(members.count).toBe(2);
	members.presence(
		presence({
			changed: [
				{ id: "bob", state: 2 },
				{ id: "cid", name: "Cy" },
				{ id: "far", state: 3 },
			],
			count: 7,
		}),
	);
	expect([...members.byId.values()]).toEqual([member("bob", 2), { id: "cid", name: "Cy", state: 1 }]);
	expect(members.count).toBe(7);
	members.presence(presence({ full: true, joined: [member("dan")], count: 1 }));
	expect([...members.byId.values()]).toEqual([member("dan")]);
});
