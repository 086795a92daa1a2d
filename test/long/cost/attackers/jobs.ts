/** Who asks for heavy work, or has it caused. */
import { JOBS_PENDING_MAX, OUTCOMES_OWED_PER_MEMBER_MAX } from "../../../../src/protocol/job-limits.ts";
import { JOB_PER_SECOND } from "../../../../src/protocol/limits.ts";
import { ATTACKER_ADDRESS, type Attacker, keyOf, memberOf } from "../stage.ts";
import { frameOfMany, LARGE, PUBLISH_PER_SECOND, publish } from "./words.ts";

const KEY = keyOf(1);
const MEMBER = memberOf(KEY);
const ask = (id: string, data: unknown, name = "unfurl") => ({ type: "job", id, name, data });
const padded = { url: "http://a.example/", padding: LARGE.slice(100) };
const small = { url: "http://a.example/" };

const HELD = 500;
/** Until everyone is in, and has been calm. */
const HELD_MS = 7_000;
const held = {
	...{ count: HELD, member: MEMBER, bytes: LARGE.length - 100 },
	...({ purpose: "hold", state: "sent", isOwed: false } as const),
};

const FRAMES = 60;
/** 60 frames of 100 repeats of the job at once, every second. */
const repeating =
	(id: string): Attacker["attack"] =>
	async (stage) => {
		const line = await stage.guest({ key: KEY });
		await line.send(ask(id, padded));
		const frame = frameOfMany(() => ask(id, small));
		const burst = Buffer.concat(Array.from({ length: FRAMES }, () => frame));
		await stage.every(1, () => line.sendBytes(burst));
	};

export const ASKERS: readonly Attacker[] = [
	{
		name: "job repeated",
		does: "60 frames at once, every second, of 100 repeats of one job whose input was padded to 32 KB",
		isWithinRates: true,
		attack: repeating("again"),
	},
	{
		name: "job done repeated",
		does: "60 frames at once, every second, of 100 repeats of one job whose outcome is 32 KB",
		isWithinRates: true,
		prepare: (stage) =>
			stage.prepare({
				jobs: { count: 1, member: MEMBER, bytes: LARGE.length, purpose: "asked", state: "done", isOwed: false },
			}),
		attack: repeating("job1"),
	},
	{
		name: "job new",
		does: "20 guests of one network ask for 5 jobs of 32 KB a second each",
		isWithinRates: true,
		attack: async (stage) => {
			const lines = await stage.guests(20, { address: ATTACKER_ADDRESS });
			await stage.every(JOB_PER_SECOND, (n) => {
				for (const line of lines) void line.send(ask(`j${n}`, padded));
			});
		},
	},
	{
		name: "job unknown",
		does: "frames of 100 jobs that there are not, without end",
		isWithinRates: false,
		attack: async (stage) => {
			const line = await stage.guest();
			const frame = frameOfMany((n) => ask(`u${n}`, 0, "nothing"));
			await stage.flood(() => line.sendBytes(frame));
		},
	},
	{
		name: "outcomes owed",
		does: "joins ten times a second as a member to whom 200 outcomes of 32 KB are owed",
		isWithinRates: true,
		prepare: (stage) =>
			stage.prepare({
				jobs: {
					...{ count: OUTCOMES_OWED_PER_MEMBER_MAX, member: MEMBER, bytes: LARGE.length },
					...{ purpose: "asked", state: "done", isOwed: true },
				},
			}),
		attack: (stage) => stage.every(10, () => stage.knock({ key: KEY })),
	},
	{
		name: "holds run out",
		does: "500 held events of 32 KB, which are published where nobody checks them, run out at once",
		isWithinRates: true,
		prepare: (stage) => stage.prepare({ jobs: { ...held, heldMs: HELD_MS } }),
		attack: (stage) => stage.over,
	},
	{
		name: "holds cleared",
		does: "the checks of 500 held events of 32 KB come back at once, and clear them",
		isWithinRates: true,
		prepare: (stage) => stage.prepare({ jobs: held }),
		attack: async (stage) => {
			await stage.clear(HELD);
			await stage.over;
		},
	},
	{
		name: "links fill the room",
		does: "a member's 50 links a second are the last of the room's 10,000 jobs; another's held events are refused",
		isWithinRates: true,
		prepare: (stage) =>
			stage.prepare({
				jobs: {
					...{ count: JOBS_PENDING_MAX - 50, member: MEMBER, bytes: 0 },
					...{ purpose: "event", state: "sent", isOwed: false },
				},
			}),
		attack: async (stage) => {
			const line = await stage.guest({ key: KEY });
			const other = await stage.guest({ address: stage.newAddress() });
			let refused = 0;
			other.hear = (data) => {
				if (data.includes("too_many_jobs")) refused++;
			};
			await Promise.all([
				stage.every(PUBLISH_PER_SECOND, (n) => line.send(publish(`l${n}`, { text: "http://a.example/" }, "chat"))),
				stage.every(1, (n) => other.send(publish(`p${n}`, { text: "hello" }, "post"))),
			]);
			if (refused > 0) stage.harm.push(`Another member's held events were refused ${refused} times.`);
		},
	},
];
