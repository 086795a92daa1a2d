/** A guest's id has 32 digits now, and had 16: rows of then hold for every id that begins with them. */
import { expect } from "vitest";
import { act, erase, moderator } from "./moderator.ts";
import { only, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const FORMER = "guest:0123456789abcdef";
const ANN = `${FORMER}00000000aaaaaaaa`;
const OTHER = "guest:0123456789abcde000000000aaaaaaaa";

/** How the join of `member` ends: `in`, or the code that it is refused with. */
const joining = (stage: Stage, member: string): string =>
	stage.room.door.refusesJoin({ member, can: ["read"], address: null }, stage.now)?.code ?? "in";

scenario("G10 a ban of an id of 16 digits holds for every id that begins with it, and for no other", (stage) => {
	act(stage, moderator(stage), { action: "ban", member: FORMER });
	expect([FORMER, ANN, OTHER].map((each) => joining(stage, each))).toEqual(["banned", "banned", "in"]);
});

scenario("a ban of 32 digits holds for that id alone", (stage) => {
	act(stage, moderator(stage), { action: "ban", member: ANN });
	expect([ANN, FORMER, `${FORMER}00000000bbbbbbbb`].map((each) => joining(stage, each))).toEqual([
		"banned",
		"in",
		"in",
	]);
});

scenario("what is changed or lifted for the id of 32 digits is changed and lifted for what it was", (stage) => {
	const mod = moderator(stage);
	act(stage, mod, { action: "ban", member: FORMER });
	act(stage, mod, { action: "ban", member: ANN, seconds: 60 });
	stage.pass(60_000);
	expect([FORMER, ANN].map((each) => joining(stage, each))).toEqual(["in", "in"]);
	act(stage, mod, { action: "ban", member: FORMER });
	act(stage, mod, { action: "unban", member: ANN });
	expect([FORMER, ANN].map((each) => joining(stage, each))).toEqual(["in", "in"]);
});

scenario("a mute of 16 digits holds, is lifted and expires for the id of 32", (stage) => {
	const mod = moderator(stage);
	act(stage, mod, { action: "mute", member: FORMER, seconds: 60 });
	const ann = stage.join(ANN);
	expect(only(stage.heard(ann), "welcome")).toMatchObject([{ me: { can: ["read"] } }]);
	stage.pass(60_000);
	expect(only(stage.heard(ann), "access").at(-1)?.can).toContain("publish");
	act(stage, mod, { action: "mute", member: FORMER });
	expect(only(stage.heard(ann), "access").at(-1)).toEqual({ type: "access", can: ["read"] });
	act(stage, mod, { action: "unmute", member: ANN });
	expect(only(stage.heard(ann), "access").at(-1)?.can).toContain("publish");
});

scenario("who is named by an old event's 16 digits is thrown out under the id of 32", (stage) => {
	const mod = moderator(stage);
	const [ann, other] = [stage.join(ANN), stage.join(OTHER)];
	act(stage, mod, { action: "remove", member: FORMER });
	const again = stage.join(ANN);
	act(stage, mod, { action: "ban", member: FORMER });
	expect([ann, again, other].map((each) => stage.closeCode(each))).toEqual([4500, 4501, null]);
});

scenario("one who was here as 16 digits may come back as 32 into a locked room, and is shown once", (stage) => {
	const mod = moderator(stage);
	const bob = stage.join("bob");
	const before = stage.join(FORMER);
	stage.say(before, [{ type: "presence", state: { mood: "good" } }]);
	act(stage, mod, { action: "lock" });
	stage.leave(before);
	expect([joining(stage, ANN), joining(stage, OTHER)]).toEqual(["in", "room_locked"]);
	stage.join(ANN);
	expect(only(stage.heard(bob), "presence").at(-1)).toMatchObject({
		joined: [{ id: ANN, state: { mood: "good" } }],
		left: [FORMER],
	});
	stage.pass(60_000);
	expect(JSON.parse(stage.room.members())).toContainEqual(expect.objectContaining({ id: ANN }));
	expect(stage.room.members()).not.toContain(`"${FORMER}"`);
});

scenario("an erasure by the id of 32 digits takes what was said under the one of 16, and its name", (stage) => {
	const before = stage.join(FORMER, { name: "Canary" });
	stage.publish(before, "p1", "canary");
	stage.leave(before);
	stage.publish(stage.join("bob"), "p2", "stays");
	erase(stage, ANN);
	const stored = JSON.stringify(stage.store.after(0, 100));
	expect(stored.toLowerCase()).not.toContain("canary");
	expect(stored).toContain("stays");
	expect(JSON.stringify(stage.store.roster())).not.toContain("Canary");
});
