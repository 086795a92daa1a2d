/** A guest who has left is banned with the address that it came from, for a while (G10). */
import { expect, test } from "vitest";
import { DEPARTED_MAX, DEPARTED_MS, GRACE_MS } from "../../src/protocol/limits.ts";
import { Departed } from "../../src/room/departed.ts";
import { act, erase, moderator, operate, tryJoin } from "./moderator.ts";
import { range, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const ban = (member: string) => ({ action: "ban" as const, member });

const rows = (stage: Stage): string[] => stage.store.roster().map(({ member }) => member);

scenario("G10 a ban some minutes after the guest's grace is over holds for its address", (stage) => {
	const mod = moderator(stage);
	stage.leave(stage.join("guest:a", { address: "home" }));
	stage.pass(DEPARTED_MS - 1);
	expect(stage.room.count).toBe(1);
	stage.crash();
	act(stage, moderator(stage), ban("guest:a"));
	expect([tryJoin(stage, "guest:a", "x"), tryJoin(stage, "guest:n", "home")]).toEqual([4501, 4501]);
	expect(stage.closeCode(mod)).toBeNull();
});

scenario("G10 a ban of one who was removed holds for its address", (stage) => {
	const mod = moderator(stage);
	stage.join("guest:a", { address: "home" });
	act(stage, mod, { action: "remove", member: "guest:a" });
	act(stage, mod, ban("guest:a"));
	expect(tryJoin(stage, "guest:n", "home")).toBe(4501);
});

scenario("a ban by what a guest's id was holds for its address too", (stage) => {
	const former = `guest:${"ab".repeat(8)}`;
	stage.leave(stage.join(`${former}${"cd".repeat(8)}`, { address: "home" }));
	stage.pass(GRACE_MS);
	operate(stage, ban(former));
	expect(tryJoin(stage, "guest:n", "home")).toBe(4501);
});

scenario("after ten minutes its address is not known any more, and its row goes with the next turn", (stage) => {
	const mod = moderator(stage);
	stage.leave(stage.join("guest:a", { address: "home" }));
	stage.pass(GRACE_MS);
	expect(rows(stage)).toEqual(["mod", "guest:a"]);
	stage.now += DEPARTED_MS - GRACE_MS;
	act(stage, mod, ban("guest:a"));
	expect(rows(stage)).toEqual(["mod"]);
	expect(tryJoin(stage, "guest:n", "home")).toBe("in");
});

scenario(
	"one who has left is not here: not told, not counted, a stranger to a locked room, and comes back as the last",
	(stage) => {
		const mod = moderator(stage);
		stage.leave(stage.join("guest:a", { address: "home" }));
		stage.pass(GRACE_MS);
		stage.join("bob");
		act(stage, mod, { action: "lock" });
		expect(stage.room.count).toBe(2);
		expect(stage.room.members()).not.toContain("guest:a");
		expect(tryJoin(stage, "guest:a", "home")).toBe(4504);
		act(stage, mod, { action: "unlock" });
		stage.news(mod);
		stage.join("guest:a", { address: "home" });
		expect(stage.news(mod)).toMatchObject([{ type: "presence", joined: [{ id: "guest:a" }], count: 3 }]);
		expect(rows(stage)).toEqual(["mod", "bob", "guest:a"]);
	},
);

scenario("of those alone who came from an address that tells who they are", (stage) => {
	moderator(stage);
	const sessions = [
		stage.join("ann"),
		stage.join("guest:l", { address: "~l" }),
		stage.join("guest:a", { address: "a" }),
	];
	for (const session of sessions) stage.leave(session);
	stage.pass(GRACE_MS);
	expect(rows(stage)).toEqual(["mod", "guest:a"]);
});

test("G8 of no more than a thousand: the longest gone goes", () => {
	const departed = new Departed([]);
	const ids = range(DEPARTED_MAX + 2).map((n) => `guest:${n}`);
	for (const id of ids) departed.note({ id, address: "a" }, 1);
	const { rows: written, over } = departed.take(1);
	expect(written.map(({ member }) => member)).toEqual(ids.slice(2));
	expect(over).toEqual(ids.slice(0, 2));
});

scenario("an erased member's name is in no row when it has left", (stage) => {
	moderator(stage);
	stage.leave(stage.join("guest:a", { address: "home", name: "Ann" }));
	stage.pass(GRACE_MS);
	erase(stage, "guest:a");
	expect(JSON.stringify(stage.store.roster())).not.toContain("Ann");
});
