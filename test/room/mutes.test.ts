/** Mutes and removals: they take hold in place, on every way to speak, and outlast reconnects and sleep. */
import { expect } from "vitest";
import { CAPABILITIES } from "../../src/protocol/messages.ts";
import { act, acting, erase, moderator, operate } from "./moderator.ts";
import { only, scenario, seqs } from "./scenario.ts";

const mute = (member: string, seconds?: number) => ({ action: "mute" as const, member, ...(seconds && { seconds }) });
const unmute = (member: string) => ({ action: "unmute" as const, member });
const ALL = ["read", "publish", "signal", "presence", "job"];

scenario(
	"a mute takes all that others would notice, in place, and is told by `access` to that member alone",
	(stage) => {
		const mod = moderator(stage);
		const [one, two, bob] = [stage.join("ann"), stage.join("ann"), stage.join("bob")];
		act(stage, mod, mute("ann"));
		for (const session of [one, two]) expect(stage.heard(session).at(-1)).toEqual({ type: "access", can: ["read"] });
		expect(only(stage.heard(bob), "access")).toEqual([]);
		stage.say(one, [
			{ type: "publish", id: "p", name: "chat", data: 1 },
			{ type: "signal", name: "typing", data: 1 },
			{ type: "presence", state: { mood: "cross" } },
			{ type: "job", id: "j", name: "unfurl", data: {} },
			{ type: "moderate", id: "m", action: "lock" },
			{ type: "history", id: "h" },
		]);
		expect(only(stage.heard(one), "error").map(({ code }) => code)).toEqual(Array(5).fill("forbidden"));
		expect(stage.heard(one).at(-1)).toMatchObject({ type: "history", id: "h" });
		expect(seqs(stage.heard(bob))).toEqual([]);
	},
);

scenario("a mute outlasts a reconnect: the welcome tells what is left", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann");
	act(stage, mod, mute("ann"));
	stage.leave(ann);
	expect(only(stage.heard(stage.join("ann")), "welcome")).toMatchObject([{ me: { can: ["read"] } }]);
	stage.pass(60_000);
	expect(only(stage.heard(stage.join("ann")), "welcome")).toMatchObject([{ me: { can: ["read"] } }]);
});

scenario("G10 a mute holds over HTTP too: a muted member's post is refused", (stage) => {
	const mod = moderator(stage);
	stage.join("ann");
	act(stage, mod, mute("ann"));
	const reply = stage.post("ann", { id: "p1", name: "chat", data: 1 });
	expect(reply).toMatchObject({ outcome: "refused", refusal: { code: "forbidden" } });
	expect(seqs(stage.heard(mod))).toEqual([]);
});

scenario("[A-2] an unmute gives back what was granted, in place", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann", { can: ["read", "publish"] });
	act(stage, mod, mute("ann"));
	act(stage, mod, unmute("ann"));
	expect(stage.heard(ann).at(-1)).toEqual({ type: "access", can: ["read", "publish"] });
	stage.publish(ann, "p1");
	expect(seqs(stage.heard(mod))).toEqual([1]);
	act(stage, mod, unmute("ann"));
	expect(only(stage.heard(mod), "error")).toMatchObject([{ id: "unmute", code: "not_found" }]);
});

scenario("G7 a mute that expires is told by `access`, though the room slept meanwhile", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann");
	act(stage, mod, mute("ann", 30));
	stage.pass(29_999);
	stage.publish(ann, "p1");
	expect(only(stage.heard(ann), "error")).toMatchObject([{ id: "p1", code: "forbidden" }]);
	stage.pass(1);
	expect(only(stage.heard(ann), "access").map(({ can }) => can)).toEqual([["read"], ALL]);
	stage.publish(ann, "p2");
	expect(seqs(stage.heard(mod))).toEqual([1]);
	expect(stage.store.sanctions()).toEqual([]);
});

scenario("a publish in the turn of the mute, after it, is refused; one before it lands", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann");
	const publish = (id: string) => stage.saying(ann, { type: "publish", id, name: "chat", data: id });
	stage.step([publish("p1"), acting(stage, mod, mute("ann")), publish("p2")]);
	expect(seqs(stage.heard(mod))).toEqual([1]);
	expect(only(stage.heard(ann), "error")).toMatchObject([{ id: "p2", code: "forbidden" }]);
});

scenario("a muted moderator moderates no more", (stage) => {
	const mod = moderator(stage);
	const other = moderator(stage, "other");
	act(stage, mod, mute("other"));
	act(stage, other, unmute("other"));
	expect(only(stage.heard(other), "error")).toMatchObject([{ id: "unmute", code: "forbidden" }]);
});

scenario("mutes of several members end each at its own time", (stage) => {
	moderator(stage);
	const [ann, bob] = [stage.join("ann"), stage.join("bob")];
	operate(stage, mute("ann", 10));
	operate(stage, mute("bob", 20));
	stage.pass(15_000);
	expect([ann, bob].map((each) => only(stage.heard(each), "access").length)).toEqual([2, 1]);
	stage.pass(15_000);
	expect([ann, bob].map((each) => only(stage.heard(each), "access").length)).toEqual([2, 2]);
});

scenario("[A-3] a removal closes 4500 and takes from the roster at once; the member may come in again", (stage) => {
	const mod = moderator(stage);
	const [one, two] = [stage.join("ann"), stage.join("ann")];
	stage.news(mod);
	act(stage, mod, { action: "remove", member: "ann" });
	expect([stage.closeCode(one), stage.closeCode(two)]).toEqual([4500, 4500]);
	expect(stage.news(mod)).toMatchObject([{ type: "presence", left: ["ann"] }]);
	expect(stage.closeCode(stage.join("ann"))).toBeNull();
	act(stage, mod, { action: "remove", member: "nobody" });
	expect(only(stage.heard(mod), "error")).toMatchObject([{ id: "remove", code: "not_found" }]);
});

scenario("G8 an action without what it needs is `invalid` and does nothing", (stage) => {
	const mod = moderator(stage);
	for (const action of ["remove", "ban", "unban", "mute", "unmute", "redact"] as const) act(stage, mod, { action });
	expect(only(stage.heard(mod), "error").map(({ code }) => code)).toEqual(Array(6).fill("invalid"));
	expect(stage.store.sanctions()).toEqual([]);
	expect(CAPABILITIES).toContain("moderate");
	erase(stage, "nobody");
});
