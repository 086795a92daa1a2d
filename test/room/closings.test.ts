/** Closings in the middle of a turn: from there on the one who is sent away hears nothing of it (G10), and nobody else notices. */
import { expect } from "vitest";
import type { Moderation } from "../../src/protocol/messages.ts";
import type { Input } from "../../src/room/inputs.ts";
import { acting, moderator, operating } from "./moderator.ts";
import { only, scenario, seqs } from "./scenario.ts";
import { type Stage, T0 } from "./stage.ts";

const CANARY = "canary-19b2";
const publishing = (stage: Stage, session: string, id: string): Input =>
	stage.saying(session, { type: "publish", id, name: "chat", data: CANARY });
const everything = (stage: Stage, session: string, to: string): Input =>
	stage.saying(session, [
		{ type: "publish", id: "p1", name: "chat", data: CANARY },
		{ type: "signal", name: "typing", data: CANARY },
		{ type: "signal", name: "typing", data: CANARY, to },
		{ type: "presence", state: CANARY },
	]);

for (const action of ["remove", "ban"] as const) {
	const moderation: Moderation = { action, member: "ann" };
	scenario(
		`G10 one of whom a moderator says ${action} hears nothing that is said after it in the same turn`,
		(stage) => {
			const mod = moderator(stage);
			const [ann, bob] = [stage.join("ann"), stage.join("bob")];
			for (const each of [ann, bob]) stage.news(each);
			stage.step([acting(stage, mod, moderation), everything(stage, bob, "ann")]);
			expect(stage.news(ann)).toEqual([]);
			expect(stage.closeCode(ann)).toBe(action === "ban" ? 4501 : 4500);
			// A page shows it as it is.
			expect(stage.closeReason(ann)).toMatch(/^A moderator has (banned|removed) you from this room\.$/);
			expect(stage.news(bob).map(({ type }) => type)).toEqual(["presence", "event", "signal"]);
		},
	);
}

scenario("G10 so it is over HTTP, where posts alone follow", (stage) => {
	const [ann, bob] = [stage.join("ann"), stage.join("bob")];
	for (const each of [ann, bob]) stage.news(each);
	const post = stage.posting("cy", { id: "p1", name: "chat", data: CANARY });
	stage.step([operating({ action: "ban", member: "ann" }), post]);
	expect(stage.news(ann)).toEqual([]);
	expect(seqs(stage.news(bob))).toEqual([1]);
});

scenario("G10 a flatmate who is closed for the address's ban hears nothing of the turn either", (stage) => {
	const mod = moderator(stage);
	stage.join("guest:a", { address: "home" });
	const [flatmate, bob] = [stage.join("guest:b", { address: "home" }), stage.join("bob")];
	stage.news(flatmate);
	stage.step([acting(stage, mod, { action: "ban", member: "guest:a" }), publishing(stage, bob, "p1")]);
	expect(stage.news(flatmate)).toEqual([]);
});

scenario("G10 what a session was told before its closing is told, its refusals above all", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann");
	stage.news(ann);
	const unknown = stage.saying(ann, { type: "job", id: "j1", name: "none", data: 1 });
	stage.step([unknown, acting(stage, mod, { action: "remove", member: "ann" })]);
	expect(stage.news(ann)).toMatchObject([{ type: "error", id: "j1", code: "unknown_job" }]);
});

scenario("G4 who was removed in a turn and comes back with its cursor misses nothing of that turn", (stage) => {
	const mod = moderator(stage);
	const [ann, bob] = [stage.join("ann"), stage.join("bob")];
	const before = publishing(stage, bob, "p1");
	stage.step([before, acting(stage, mod, { action: "remove", member: "ann" }), publishing(stage, bob, "p2")]);
	expect(seqs(stage.heard(ann))).toEqual([]);
	expect(seqs(stage.heard(stage.join("ann", { since: "epoch1.0" })))).toEqual([1, 2]);
});

scenario("G10 one whose place a newer session takes hears nothing more", (stage) => {
	const bob = stage.join("bob");
	const first = stage.join("ann");
	for (const _ of Array(9)) stage.join("ann");
	stage.news(first);
	stage.step([stage.joining("ann"), publishing(stage, bob, "p1")]);
	expect([stage.closeCode(first), stage.news(first)]).toEqual([4505, []]);
});

const late: Readonly<Record<string, (stage: Stage, bob: string) => Input>> = {
	"a publish": (stage, bob) => publishing(stage, bob, "p1"),
	"a post over HTTP": (stage) => stage.posting("cy", { id: "p1", name: "chat", data: CANARY }),
	"a signal": (stage, bob) => stage.saying(bob, { type: "signal", name: "typing", data: CANARY }),
	"a moderator's word": () => operating({ action: "redact", seq: 1 }),
	"a join": (stage) => stage.joining("dan"),
};
for (const [what, input] of Object.entries(late)) {
	scenario(`G10 a turn of ${what} alone begins with the expiry of tokens`, (stage) => {
		const ann = stage.join("ann", { expiresAt: T0 + 60_000 });
		const bob = stage.join("bob");
		stage.publish(bob, "p0");
		stage.news(ann);
		// The alarm is late.
		stage.now += 60_000;
		stage.step([input(stage, bob)]);
		expect([stage.closeCode(ann), stage.news(ann)]).toEqual([4003, []]);
		expect(only(stage.news(bob), "error")).toEqual([]);
	});
}

scenario("G10 one whose token expires on its way in is not let in", (stage) => {
	const mod = moderator(stage);
	const joining = stage.joining("ann", { expiresAt: T0 + 1_000 });
	stage.now += 1_000;
	stage.step([joining, publishing(stage, mod, "p1")]);
	expect(stage.closeCode(joining.session)).toBe(4003);
	expect(stage.heard(joining.session).map(({ type }) => type)).toEqual(["error"]);
	expect(stage.room.count).toBe(1);
});
