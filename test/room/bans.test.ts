/** Bans: a banned member is out, and stays out until the ban is over, whatever it tries (G10). */
import { expect } from "vitest";
import { act, acting, erase, fate, moderator, operate, tryJoin, wipe } from "./moderator.ts";
import { only, scenario, seqs } from "./scenario.ts";

const ban = (member: string, seconds?: number) => ({ action: "ban" as const, member, ...(seconds && { seconds }) });

scenario("G10 [A-3] a ban closes all sessions of the member 4501, and takes it from the roster at once", (stage) => {
	const mod = moderator(stage);
	const [one, two] = [stage.join("ann"), stage.join("ann")];
	stage.news(mod);
	act(stage, mod, ban("ann"));
	expect([stage.closeCode(one), stage.closeCode(two), stage.closeCode(mod)]).toEqual([4501, 4501, null]);
	expect(stage.news(mod)).toMatchObject([{ type: "presence", left: ["ann"], count: 1 }]);
	expect(tryJoin(stage, "ann")).toBe(4501);
	expect(stage.room.door.refusesJoin({ member: "ann", can: [] }, stage.now)).toMatchObject({ code: "banned" });
});

scenario("G10 a join in the very turn of the ban, before or after it, does not get in", (stage) => {
	const mod = moderator(stage);
	const [before, after] = [stage.joining("ann"), stage.joining("ann")];
	stage.step([before, acting(stage, mod, ban("ann")), after]);
	expect([stage.closeCode(before.session), stage.closeCode(after.session)]).toEqual([4501, 4501]);
	expect(only(stage.heard(after.session), "error")).toMatchObject([{ code: "banned" }]);
	expect(stage.room.count).toBe(1);
});

scenario("G10 what a banned member says in the turn of its ban is nothing", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann");
	const publish = (id: string) => stage.saying(ann, { type: "publish", id, name: "chat", data: id });
	stage.step([publish("p1"), acting(stage, mod, ban("ann")), publish("p2")]);
	stage.publish(ann, "p3");
	expect(seqs(stage.heard(mod))).toEqual([1]);
});

scenario("G10 a post over HTTP that arrives in the turn of the ban, after it, is refused", (stage) => {
	const mod = moderator(stage);
	const post = stage.posting("ann", { id: "p1", name: "chat", data: 1 });
	stage.step([acting(stage, mod, ban("ann")), post]);
	expect(stage.replies.get(post.reply)).toMatchObject({ outcome: "refused", refusal: { code: "banned" } });
	expect(seqs(stage.heard(mod))).toEqual([]);
});

scenario("G10 a banned guest comes back neither with its key nor, from its address, without it", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("guest:a", { address: "home" });
	const flatmate = stage.join("guest:b", { address: "home" });
	const far = stage.join("guest:c", { address: "far" });
	const signedIn = stage.join("dan");
	act(stage, mod, ban("guest:a"));
	expect([ann, flatmate, far, signedIn].map((each) => stage.closeCode(each))).toEqual([4501, 4501, null, null]);
	expect(tryJoin(stage, "guest:a", "elsewhere")).toBe(4501);
	expect(tryJoin(stage, "guest:new", "home")).toBe(4501);
	expect(tryJoin(stage, "guest:new2", "elsewhere")).toBe("in");
	expect(tryJoin(stage, "eve")).toBe("in");
});

scenario(
	"G10 a guest that leaves just before it is banned does not come back from its address without its key",
	(stage) => {
		const mod = moderator(stage);
		const ann = stage.join("guest:a", { address: "home" });
		stage.leave(ann);
		act(stage, mod, ban("guest:a"));
		expect(tryJoin(stage, "guest:a", "home")).toBe(4501);
		expect(tryJoin(stage, "guest:new", "home")).toBe(4501);
	},
);

scenario("a ban with an expiry holds until then, for the member and its address, and no longer", (stage) => {
	const mod = moderator(stage);
	stage.join("guest:a", { address: "home" });
	act(stage, mod, ban("guest:a", 60));
	stage.pass(59_999);
	expect([tryJoin(stage, "guest:a", "x"), tryJoin(stage, "guest:n", "home")]).toEqual([4501, 4501]);
	stage.pass(1);
	expect([tryJoin(stage, "guest:a", "x"), tryJoin(stage, "guest:n", "home")]).toEqual(["in", "in"]);
	expect(stage.store.sanctions()).toEqual([]);
});

scenario("G10 a guest's ban that is made longer while it is away is longer for its address too", (stage) => {
	const mod = moderator(stage);
	stage.join("guest:a", { address: "home" });
	act(stage, mod, ban("guest:a", 60));
	act(stage, mod, ban("guest:a"));
	stage.pass(61_000);
	expect(tryJoin(stage, "guest:a", "home")).toBe(4501);
	expect(tryJoin(stage, "guest:new", "home")).toBe(4501);
});

scenario("G10 an address that several banned guests came from is banned as long as one of them is", (stage) => {
	const mod = moderator(stage);
	stage.join("guest:a", { address: "home" });
	stage.leave(stage.join("guest:b", { address: "home" }));
	act(stage, mod, ban("guest:a", 3600));
	act(stage, mod, ban("guest:b", 60));
	stage.pass(61_000);
	expect(tryJoin(stage, "guest:new", "home")).toBe(4501);
	act(stage, mod, ban("guest:b", 60));
	act(stage, mod, { action: "unban", member: "guest:b" });
	expect(tryJoin(stage, "guest:new2", "home")).toBe(4501);
	act(stage, mod, { action: "unban", member: "guest:a" });
	expect(tryJoin(stage, "guest:new3", "home")).toBe("in");
});

scenario("an unban lets the member and its address in again; what was not banned is `not_found`", (stage) => {
	const mod = moderator(stage);
	stage.join("guest:a", { address: "home" });
	act(stage, mod, ban("guest:a"));
	act(stage, mod, { action: "unban", member: "guest:a" });
	expect([tryJoin(stage, "guest:a", "home"), tryJoin(stage, "guest:n", "home")]).toEqual(["in", "in"]);
	act(stage, mod, { action: "unban", member: "guest:a" });
	expect(only(stage.heard(mod), "error")).toMatchObject([{ id: "unban", code: "not_found" }]);
});

scenario("a wipe keeps bans and the lock, and erasing a member does not lift its ban", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann");
	stage.publish(ann, "p1");
	act(stage, mod, ban("ann"));
	act(stage, mod, { action: "lock" });
	erase(stage, "ann");
	wipe(stage);
	expect(stage.room.meta).toMatchObject({ epoch: "epoch2", head: 0, isLocked: true });
	expect(fate(stage, mod)[0]).toBe(4502);
	expect(tryJoin(stage, "ann")).toBe(4501);
	expect(tryJoin(stage, "bob")).toBe(4504);
});

scenario("a ban in a room where nobody has ever been is kept, and keeps the room", (stage) => {
	expect(operate(stage, ban("ann"))).toEqual({ outcome: "done" });
	stage.pass(30 * 86_400_000);
	expect(stage.forgotten).toBe(0);
	expect(tryJoin(stage, "ann")).toBe(4501);
});

scenario("G10 who lacks `moderate` bans nobody", (stage) => {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	act(stage, ann, ban("bob"));
	expect(only(stage.heard(ann), "error")).toMatchObject([{ id: "ban", code: "forbidden" }]);
	expect(stage.closeCode(bob)).toBeNull();
});

scenario("a ban of a guest whose address is nobody's own holds for that guest alone", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("guest:a", { address: "~local" });
	const bob = stage.join("guest:b", { address: "~local" });
	act(stage, mod, ban("guest:a"));
	expect([stage.closeCode(ann), stage.closeCode(bob)]).toEqual([4501, null]);
	expect([tryJoin(stage, "guest:a", "~local"), tryJoin(stage, "guest:n", "~local")]).toEqual([4501, "in"]);
});
