/** Who is silenced while what it said is on its way is not heard: neither its held events, nor what its jobs made. */
import { describe, expect } from "vitest";
import { houseRules } from "./house-rules.ts";
import { act, moderator, operate } from "./moderator.ts";
import { events, only, scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { CLEAR, lastJob, REFUSE, settle } from "./work.ts";

const play = (name: string, body: (stage: Stage) => void) => scenario(name, body, {}, houseRules());
const jobs = (stage: Stage, session: string) => only(stage.heard(session), "job");
const errors = (stage: Stage, session: string) => only(stage.heard(session), "error");
const CARD = { title: "canary-77e0" };

describe("a held event whose author is silenced meanwhile", () => {
	for (const action of ["remove", "ban", "mute"] as const) {
		play(`G10 does not appear: ${action}`, (stage) => {
			const mod = moderator(stage);
			const ann = stage.join("ann");
			stage.publish(ann, "p1", "hm", { name: "held" });
			const job = lastJob(stage);
			act(stage, mod, { action, member: "ann" });
			settle(stage, job, CLEAR);
			expect(events(stage.heard(mod))).toEqual([]);
			expect(stage.store.job(1)).toMatchObject({ state: "failed", input: "null" });
			expect(jobs(stage, ann).at(-1)).toMatchObject({ id: "p1", state: "failed", error: { code: "rejected" } });
		});

		play(`G10 does not appear either where that is over again, and its author is told: ${action}`, (stage) => {
			const mod = moderator(stage);
			const ann = stage.join("ann");
			stage.publish(ann, "p1", "hm", { name: "lenient" });
			stage.leave(ann);
			const member = "ann";
			act(stage, mod, { action, member, ...(action === "remove" ? {} : { seconds: 1 }) });
			stage.pass(600_000);
			const back = stage.join("ann");
			expect(events(stage.heard(mod))).toEqual([]);
			expect(jobs(stage, back)).toMatchObject([{ id: "p1", state: "failed", error: { code: "rejected" } }]);
		});
	}

	play("G10 nor one of a guest without a socket, for whose address another is banned", (stage) => {
		const address = "0123456789abcdef0123456789abcdef";
		const mod = moderator(stage);
		const post = stage.posting(`guest:${address}`, { id: "k1", name: "held", data: "hm" });
		stage.step([{ ...post, address }]);
		const job = lastJob(stage);
		stage.join("guest:a", { address });
		act(stage, mod, { action: "ban", member: "guest:a" });
		settle(stage, job, CLEAR);
		expect(events(stage.heard(mod))).toEqual([]);
	});

	play("those of all others appear", (stage) => {
		const mod = moderator(stage);
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.publish(ann, "p1", "hm", { name: "held" });
		const job = lastJob(stage);
		act(stage, mod, { action: "ban", member: "bob" });
		settle(stage, job, CLEAR);
		expect(events(stage.heard(mod))).toMatchObject([{ id: "p1" }]);
		expect(stage.closeCode(bob)).toBe(4501);
	});
});

describe("G3 the id of a held event that was refused", () => {
	play("is known: the same again is refused the same, and another is `id_reused`, whatever its name", (stage) => {
		const [ann, bob] = [stage.join("ann"), stage.join("bob")];
		stage.publish(ann, "p1", "hm", { name: "held" });
		settle(stage, lastJob(stage), REFUSE);
		stage.publish(ann, "p1", "hm", { name: "held" });
		stage.publish(ann, "p1", "ha", { name: "held" });
		stage.publish(ann, "p1", "hm", { name: "free" });
		expect(errors(stage, ann).map(({ id, code }) => [id, code])).toEqual([
			["p1", "rejected"],
			["p1", "id_reused"],
			["p1", "id_reused"],
		]);
		expect(events(stage.heard(bob))).toEqual([]);
	});

	play("is known over HTTP too", (stage) => {
		stage.join("bob");
		const post = (name: string, data: string) => stage.post("ann", { id: "p1", name, data });
		post("held", "hm");
		settle(stage, lastJob(stage), REFUSE);
		expect(post("held", "hm")).toMatchObject({ refusal: { code: "rejected" } });
		expect(post("free", "hm")).toMatchObject({ refusal: { code: "id_reused" } });
	});
});

describe("a job's outcome that the room hears", () => {
	play("G10 is not to be had with `job` alone: that would be to speak to everyone", (stage) => {
		const ann = stage.join("ann", { can: ["read", "job"] });
		stage.say(ann, { type: "job", id: "j1", name: "card", data: "http://x" });
		expect(errors(stage, ann)).toMatchObject([{ id: "j1", code: "forbidden" }]);
		stage.say(ann, { type: "job", id: "j2", name: "sum", data: 1 });
		expect(jobs(stage, ann)).toMatchObject([{ id: "j2", state: "accepted" }]);
	});

	for (const action of ["ban", "mute"] as const) {
		play(`G10 is not told where the one who asked is silenced meanwhile: ${action}`, (stage) => {
			const mod = moderator(stage);
			const ann = stage.join("ann");
			stage.say(ann, { type: "job", id: "j1", name: "card", data: "http://x" });
			const job = lastJob(stage);
			act(stage, mod, { action, member: "ann", seconds: 60 });
			settle(stage, job, CARD);
			expect(events(stage.heard(mod))).toEqual([]);
			stage.pass(61_000);
			const back = stage.join("ann");
			expect(jobs(stage, back)).toMatchObject([{ id: "j1", state: "failed", error: { code: "rejected" } }]);
		});

		play(`G10 nor is what an event of such a one started: ${action}`, (stage) => {
			const mod = moderator(stage);
			stage.publish(stage.join("ann"), "p1", "http://x");
			const job = lastJob(stage);
			act(stage, mod, { action, member: "ann" });
			settle(stage, job, CARD);
			expect(events(stage.heard(mod)).map(({ id }) => id)).toEqual(["p1"]);
			expect(stage.job(job)).toMatchObject({ state: "done" });
		});
	}

	play("an operator's is told", (stage) => {
		const ann = stage.join("ann");
		operate(stage, { action: "mute", member: "ann" });
		stage.post("room:operator", { id: "o1", name: "chat", data: "http://x" });
		settle(stage, lastJob(stage), CARD);
		expect(events(stage.heard(ann)).map(({ name }) => name)).toEqual(["chat", "room.job"]);
	});
});
