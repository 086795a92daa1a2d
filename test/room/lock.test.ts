/** Redaction, erasure and the lock of a room (G10), each also over sleep (G7). */
import { expect } from "vitest";
import { ERASE_EVENTS_MAX } from "../../src/protocol/limits.ts";
import { CAPABILITIES, type Capability } from "../../src/protocol/messages.ts";
import { act, acting, erase, moderator, operate, tryJoin } from "./moderator.ts";
import { events, only, range, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const pageOf = (stage: Stage) => stage.room.page({ limit: 200 }).bodies.map((body) => JSON.parse(body));
const CANARY = "canary-7f3a";

scenario("[R-9] a redacted event keeps its place without its data, and everyone is told by whom", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann");
	stage.publish(ann, "p1", CANARY);
	act(stage, mod, { action: "redact", seq: 1 });
	expect(events(stage.heard(ann)).at(-1)).toMatchObject({ seq: 2, name: "room.redacted", data: { seq: 1, by: "mod" } });
	expect(pageOf(stage)[0]).toMatchObject({ seq: 1, from: "ann", id: "p1", data: null, redacted: true });
	const late = stage.join("bob");
	expect(JSON.stringify(stage.heard(late))).not.toContain(CANARY);
	act(stage, mod, { action: "redact", seq: 1 });
	expect(stage.room.meta.head).toBe(2);
});

scenario("a redaction in the turn of its event: nobody sees what it held", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann");
	const publish = stage.saying(ann, { type: "publish", id: "p1", name: "chat", data: CANARY });
	stage.step([publish, acting(stage, mod, { action: "redact", seq: 1 })]);
	expect(JSON.stringify(stage.transcript())).not.toContain(CANARY);
	expect(events(stage.heard(ann)).map(({ seq }) => seq)).toEqual([1, 2]);
});

scenario("G3 a redacted publish that is sent again is acknowledged, and does not bring its data back", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann");
	stage.publish(ann, "p1", CANARY);
	act(stage, mod, { action: "redact", seq: 1 });
	stage.publish(ann, "p1", CANARY);
	expect(only(stage.heard(ann), "ack")).toEqual([{ type: "ack", id: "p1", seq: 1 }]);
	expect(JSON.stringify(pageOf(stage))).not.toContain(CANARY);
});

scenario("an event that never was cannot be redacted", (stage) => {
	const mod = moderator(stage);
	for (const seq of [0, 1, Number.MAX_SAFE_INTEGER]) act(stage, mod, { action: "redact", seq });
	expect(only(stage.heard(mod), "error").map(({ code }) => code)).toEqual(["not_found", "not_found", "not_found"]);
	expect(stage.room.meta.head).toBe(0);
});

scenario("a locked room lets in moderators and those who are here, and nobody new, until it is unlocked", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann");
	act(stage, mod, { action: "lock" });
	expect(stage.closeCode(ann)).toBeNull();
	expect(tryJoin(stage, "bob")).toBe(4504);
	expect(stage.closeCode(stage.join("boss", { can: CAPABILITIES }))).toBeNull();
	expect(tryJoin(stage, "ann")).toBe("in");
	act(stage, mod, { action: "unlock" });
	expect(tryJoin(stage, "bob")).toBe("in");
});

scenario("one who lost its connection comes back into a locked room within its grace", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann");
	act(stage, mod, { action: "lock" });
	stage.leave(ann);
	stage.pass(9_000);
	const back = stage.join("ann");
	expect(stage.closeCode(back)).toBeNull();
	stage.leave(back);
	stage.pass(10_000);
	expect(tryJoin(stage, "ann")).toBe(4504);
});

scenario("a removed member does not come back into a locked room", (stage) => {
	const mod = moderator(stage);
	stage.join("ann");
	act(stage, mod, { action: "lock" });
	act(stage, mod, { action: "remove", member: "ann" });
	expect(tryJoin(stage, "ann")).toBe(4504);
});

scenario("a join gathered with the lock: before it is in, after it is out and told why", (stage) => {
	const mod = moderator(stage);
	const [before, after] = [stage.joining("ann"), stage.joining("bob")];
	stage.step([before, acting(stage, mod, { action: "lock" }), after]);
	expect([stage.closeCode(before.session), stage.closeCode(after.session)]).toEqual([null, 4504]);
	expect(stage.heard(after.session)).toMatchObject([{ type: "error", code: "room_locked" }]);
});

scenario("a locked room that everyone has left stays locked", (stage) => {
	operate(stage, { action: "lock" });
	stage.pass(30 * 86_400_000);
	expect(stage.forgotten).toBe(0);
	expect(tryJoin(stage, "ann")).toBe(4504);
});

scenario(
	"an erasure takes several turns and leaves nothing of that member, and everything of the others",
	(stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		const count = ERASE_EVENTS_MAX * 2 + 100;
		for (const n of range(count / 100)) {
			const batch = range(100).map((i) => ({ type: "publish", id: `${n}-${i}`, name: "chat", data: CANARY }));
			stage.say(ann, batch);
			stage.publish(bob, `b${n}`, "kept");
		}
		erase(stage, "ann");
		const all = stage.store.after(0, 10_000).map(({ body }) => JSON.parse(body));
		expect(all.filter(({ from }) => from === "ann").every(({ data, redacted }) => data === null && redacted)).toBe(
			true,
		);
		expect(all.filter(({ from }) => from === "bob").every(({ data }) => data === "kept")).toBe(true);
		expect(all.filter(({ name }) => name === "room.redacted")).toHaveLength(count);
		expect(JSON.stringify(all)).not.toContain(CANARY);
		expect(stage.closeCode(ann)).toBeNull();
	},
	{ publishPerSecond: 0 },
);

scenario("G10 a locked room is read over HTTP by those alone who might join it", (stage) => {
	const mod = moderator(stage);
	const ann = stage.join("ann");
	act(stage, mod, { action: "lock" });
	const read = (member: string, can: readonly Capability[] = ["read"]) =>
		stage.room.door.refusesReader({ member, can }, stage.now)?.code ?? "reads";
	expect([read("ann"), read("bob"), read("boss", CAPABILITIES), read("room:operator")]).toEqual([
		"reads",
		"room_locked",
		"reads",
		"reads",
	]);
	stage.leave(ann);
	act(stage, mod, { action: "remove", member: "ann" });
	expect(read("ann")).toBe("room_locked");
	act(stage, mod, { action: "unlock" });
	expect(read("bob")).toBe("reads");
});
