/** What every store must do with jobs, asks, ranges, rewritten events and a wipe. */
import { describe, expect, test } from "vitest";
import { JOBS_LOOKED_AT_MAX } from "../../src/protocol/job-limits.ts";
import type { JobRow, RangeRow } from "../../src/room/jobs.ts";
import type { RoomStore } from "../../src/room/store.ts";
import { eventAt, eventsAt, found, META, row, T0 } from "./rows.ts";
import type { RunWithStore } from "./store-contract.ts";

/** Job `n`: asked for by `ann` under `j{n}`, not sent yet. */
function jobAt(n: number, more: Partial<JobRow> = {}): JobRow {
	return {
		n,
		kind: "sum",
		purpose: "asked",
		member: "ann",
		ask: `j${n}`,
		seq: null,
		state: "waiting",
		run: 1,
		dueAt: T0 + n,
		deadlineAt: null,
		isOwed: false,
		at: T0,
		input: '{"a":1}',
		outcome: "null",
		digest: "",
		name: "Ann",
		...more,
	};
}

const RANGE: RangeRow = {
	kind: "archive",
	through: 5,
	to: 9,
	n: 3,
	state: "sent",
	run: 2,
	dueAt: T0,
	waitMs: 60_000,
	reason: 'It\'s "down".',
	count: 4,
	most: 7,
	aside: 2,
	wiped: ["e0", "e1"],
	erased: ["bob"],
};

function headOf({ name: _, input: __, outcome: ___, ...head }: JobRow) {
	return head;
}

/** More than any of these jobs holds. */
const MANY = 1_000_000;

const numbersOf = (jobs: readonly { n: number }[]): number[] => jobs.map(({ n }) => n);

export function describeJobs(name: string, run: RunWithStore): void {
	const inStore = (sentence: string, body: (store: RoomStore) => void) => test(sentence, () => run(body));

	describe(`${name}: jobs`, () => {
		inStore("a new store owes nothing", (store) => {
			expect([store.jobsInHand(), store.jobs(null, 99, 10), store.ranges()]).toEqual([[], [], []]);
			expect([store.job(1), store.oldestSettledJob()]).toEqual([null, null]);
			expect(store.findAsks([{ member: "ann", ask: "j1", purpose: "asked" }])).toEqual([]);
		});

		inStore("a job comes back as it was, with its nulls and its texts", (store) => {
			const jobs = [
				jobAt(1, { input: '"quote\' \\" 🎈"', kind: "it's", ask: "€\"'" }),
				jobAt(2, { member: null, ask: null, seq: 7, purpose: "event", deadlineAt: T0 + 9 }),
				jobAt(3, { state: "failed", isOwed: true, outcome: '{"code":"x","message":"y"}' }),
			];
			store.transaction(() => store.addJobs(jobs));
			for (const job of jobs) expect(store.job(job.n)).toEqual(job);
			expect(store.jobs(null, 99, 10)).toEqual(jobs.toReversed().map(({ name: _, input: __, ...listed }) => listed));
		});

		inStore("in hand are those that are not settled or whose outcome is owed, by number, as heads", (store) => {
			const jobs = [
				jobAt(1, { state: "done" }),
				jobAt(2, { state: "sent" }),
				jobAt(3, { state: "failed", isOwed: true }),
				jobAt(4),
				jobAt(5, { state: "failed" }),
			];
			store.transaction(() => store.addJobs(jobs.toReversed()));
			expect(store.jobsInHand()).toEqual([2, 3, 4].map((n) => headOf(jobs[n - 1] as JobRow)));
		});

		inStore("jobs are listed the newest first, before a number, of one state or of all, up to a limit", (store) => {
			store.transaction(() =>
				store.addJobs([1, 2, 3, 4, 5, 6].map((n) => jobAt(n, { state: n % 2 === 0 ? "failed" : "done" }))),
			);
			expect(numbersOf(store.jobs(null, 99, 3))).toEqual([6, 5, 4]);
			expect(numbersOf(store.jobs(null, 4, 10))).toEqual([3, 2, 1]);
			expect(numbersOf(store.jobs("failed", 99, 2))).toEqual([6, 4]);
			expect(numbersOf(store.jobs("done", 99, 2))).toEqual([5, 3]);
			expect(store.jobs("failed", 2, 10)).toEqual([]);
		});

		inStore("what is listed weighs what its outcomes do, of UTF-8, and is known without them", (store) => {
			const outcomes = ['"a"', '"€"', "null", '"🎈"', "{}", "1"];
			store.transaction(() =>
				store.addJobs(outcomes.map((outcome, i) => jobAt(i + 1, { outcome, state: i % 2 === 0 ? "done" : "failed" }))),
			);
			expect(store.jobSizes(null, 99, 3)).toEqual({
				sizes: [
					{ n: 6, bytes: 1 },
					{ n: 5, bytes: 2 },
					{ n: 4, bytes: 6 },
				],
				last: null,
			});
			expect(store.jobSizes("failed", 6, 9)).toEqual({
				sizes: [
					{ n: 4, bytes: 6 },
					{ n: 2, bytes: 5 },
				],
				last: null,
			});
			expect(store.jobSizes("done", 1, 9)).toEqual({ sizes: [], last: null });
		});

		inStore("those that are done are looked for among so many, and it is told how far", (store) => {
			const numbers = Array.from({ length: JOBS_LOOKED_AT_MAX + 3 }, (_, i) => i + 1);
			store.transaction(() => store.addJobs(numbers.map((n) => jobAt(n, { state: n <= 5 ? "done" : "failed" }))));
			const { sizes, last } = store.jobSizes("done", 1e9, 3);
			expect([numbersOf(sizes), last]).toEqual([[5, 4], 4]);
			expect(store.jobSizes("done", 4, 3)).toMatchObject({ sizes: [{ n: 3 }, { n: 2 }, { n: 1 }], last: null });
			// Where there are enough of them nobody needs to know.
			expect(store.jobSizes("done", 1e9, 2).last).toBeNull();
		});

		inStore("those that failed are found at once, however many are before them", (store) => {
			const numbers = Array.from({ length: JOBS_LOOKED_AT_MAX * 3 }, (_, i) => i + 1);
			store.transaction(() => store.addJobs(numbers.map((n) => jobAt(n, { state: n <= 2 ? "failed" : "done" }))));
			expect(store.jobSizes("failed", 1e9, 9)).toMatchObject({ sizes: [{ n: 2 }, { n: 1 }], last: null });
			expect(numbersOf(store.jobs("failed", 1e9, 1))).toEqual([2]);
		});

		inStore("one is listed among those that failed from then on, until it is tried again or forgotten", (store) => {
			const failed = () => numbersOf(store.jobs("failed", 99, 9));
			const become = (n: number, state: JobRow["state"]) =>
				store.transaction(() => store.changeJobs([{ ...headOf(jobAt(n)), state }]));
			store.transaction(() => store.addJobs([jobAt(1), jobAt(2), jobAt(3, { state: "failed" })]));
			become(1, "failed");
			become(2, "failed");
			become(1, "failed");
			expect(failed()).toEqual([3, 2, 1]);
			become(2, "waiting");
			expect(failed()).toEqual([3, 1]);
			expect(() =>
				store.transaction(() => {
					store.changeJobs([{ ...headOf(jobAt(3)), state: "waiting" }]);
					throw new Error("planted");
				}),
			).toThrow("planted");
			expect(failed()).toEqual([3, 1]);
			become(2, "done");
			store.transaction(() => store.dropSettledJobs(T0 + 9, 1, MANY));
			expect(failed()).toEqual([3]);
			store.transaction(() => store.wipe());
			expect(failed()).toEqual([]);
			store.transaction(() => store.addJobs([jobAt(3, { state: "done" })]));
			expect(failed()).toEqual([]);
		});

		inStore("a change replaces the head, and input and outcome only where they are given", (store) => {
			store.transaction(() => store.addJobs([jobAt(1), jobAt(2)]));
			const sent = { ...headOf(jobAt(1)), state: "sent", run: 2, dueAt: T0 + 50, seq: 4 } as const;
			store.transaction(() => store.changeJobs([sent]));
			expect(store.job(1)).toEqual({ ...jobAt(1), ...sent });
			const settled = { ...sent, state: "done", isOwed: true } as const;
			store.transaction(() => store.changeJobs([{ ...settled, outcome: '"x"', input: "null" }]));
			expect(store.job(1)).toEqual({ ...jobAt(1), ...settled, outcome: '"x"', input: "null" });
			expect(store.job(2)).toEqual(jobAt(2));
			store.transaction(() => store.changeJobs([{ ...headOf(jobAt(99)), outcome: "1" }]));
			expect(store.job(99)).toBeNull();
		});

		inStore("an ask is found by its member, its id and its purpose, and by nothing else", (store) => {
			store.transaction(() =>
				store.addJobs([
					jobAt(1, { ask: "x" }),
					jobAt(2, { ask: "x", purpose: "hold" }),
					jobAt(3, { ask: "x", member: "bob" }),
					jobAt(4, { ask: null }),
					jobAt(5, { ask: "x", purpose: "event" }),
				]),
			);
			const find = (member: string, ask: string, purpose: JobRow["purpose"]) =>
				numbersOf(store.findAsks([{ member, ask, purpose }]));
			expect(find("ann", "x", "asked")).toEqual([1]);
			expect(find("ann", "x", "hold")).toEqual([2]);
			expect(find("bob", "x", "asked")).toEqual([3]);
			expect(find("bob", "x", "hold")).toEqual([]);
			expect(find("cid", "x", "asked")).toEqual([]);
			expect(store.findAsks([])).toEqual([]);
		});

		inStore("10,000 jobs with large inputs, and a turn's asks as full as it may be, pass in one go", (store) => {
			const jobs = Array.from({ length: 10_000 }, (_, n) => jobAt(n + 1, { input: JSON.stringify("€".repeat(100)) }));
			store.transaction(() => store.addJobs(jobs));
			expect(store.jobsInHand()).toHaveLength(10_000);
			const keys = jobs.map(({ ask }) => ({ member: "ann", ask: ask ?? "", purpose: "asked" as const }));
			expect(store.findAsks(keys)).toHaveLength(10_000);
			store.transaction(() => store.changeJobs(jobs.map((job) => ({ ...headOf(job), state: "done", outcome: "1" }))));
			expect(store.jobsInHand()).toEqual([]);
		});

		inStore("settled jobs are forgotten when they are due, at most so many; those in hand stay", (store) => {
			store.transaction(() =>
				store.addJobs([
					jobAt(1, { state: "sent", dueAt: T0 }),
					jobAt(2, { state: "done", dueAt: T0 + 1 }),
					jobAt(3, { state: "failed", dueAt: T0 + 2 }),
					jobAt(4, { state: "done", dueAt: T0 + 3 }),
				]),
			);
			expect(store.oldestSettledJob()).toBe(T0 + 1);
			store.transaction(() => store.dropSettledJobs(T0 + 2, 1, MANY));
			expect(numbersOf(store.jobs(null, 99, 10))).toHaveLength(3);
			expect(store.transaction(() => store.dropSettledJobs(T0 + 2, 10, MANY)).nextAt).toBe(T0 + 3);
			expect(numbersOf(store.jobs(null, 99, 10))).toEqual([4, 1]);
			expect(store.transaction(() => store.dropSettledJobs(T0 + 9, 10, MANY)).nextAt).toBeNull();
			expect(numbersOf(store.jobs(null, 99, 10))).toEqual([1]);
		});
	});

	describe(`${name}: ranges, rewritten events and a wipe`, () => {
		inStore("a range comes back as it was saved, one row a kind", (store) => {
			const idle: RangeRow = { ...RANGE, kind: "hook", to: null, state: "idle", wiped: [], erased: [], reason: "" };
			store.transaction(() => {
				store.saveRange(RANGE);
				store.saveRange(idle);
				store.saveRange({ ...RANGE, run: 3 });
			});
			expect(store.ranges().toSorted((a, b) => a.kind.localeCompare(b.kind))).toEqual([{ ...RANGE, run: 3 }, idle]);
		});

		inStore("a rewritten event keeps its place and all but what it holds", (store) => {
			store.transaction(() => store.append(eventsAt(1, 3)));
			store.transaction(() => store.rewrite([{ seq: 2, body: '{"gone":"🎈"}', bytes: 15 }]));
			const { seq, at } = eventAt(2);
			expect(store.after(1, 1)).toEqual([{ seq, at, body: '{"gone":"🎈"}', bytes: 15 }]);
			expect(store.sizesAfter(0, 3).map(({ bytes }) => bytes)[1]).toBe(15);
			expect(found(store, [{ member: "ann", id: "p2" }])).toHaveLength(1);
			store.transaction(() => store.rewrite([{ seq: 99, body: "{}", bytes: 2 }]));
			expect(store.after(0, 10)).toHaveLength(3);
		});

		inStore("what a job made of an event is found by the event, and goes with it", (store) => {
			store.transaction(() =>
				store.append([eventAt(1), eventAt(2), ...[3, 4].map((seq) => eventAt(seq, { id: null, about: 1 }))]),
			);
			expect(store.seqsAbout(1)).toEqual([3, 4]);
			expect(store.seqsAbout(2)).toEqual([]);
			store.transaction(() => store.dropEvents(1));
			expect(store.seqsAbout(1)).toEqual([]);
		});

		inStore("an erasure is kept until it is dropped, one a member, and a wipe takes it", (store) => {
			const erasure = {
				member: "ann",
				by: "room:operator",
				through: 9,
				done: 0,
				jobsThrough: 7,
				jobsDone: 3,
				stateThrough: 5,
				stateDone: 2,
			};
			store.transaction(() => store.saveErasure(erasure));
			store.transaction(() => store.saveErasure({ ...erasure, done: 4 }));
			store.transaction(() => store.saveErasure({ ...erasure, member: "bob" }));
			expect(store.erasures()).toEqual([
				{ ...erasure, done: 4 },
				{ ...erasure, member: "bob" },
			]);
			store.transaction(() => store.dropErasure("bob"));
			expect(store.erasures()).toEqual([{ ...erasure, done: 4 }]);
			store.transaction(() => store.wipe());
			expect(store.erasures()).toEqual([]);
		});

		inStore("an erased member's jobs lose what they hold, a piece at a time, and nobody else's do", (store) => {
			const held = { input: '"12345678"', outcome: '"12345678"', state: "done", isOwed: true } as const;
			const jobs = [1, 2, 4, 5, 6, 9].map((n) => jobAt(n, { ...held, member: n === 2 ? "bob" : "ann" }));
			store.transaction(() => store.addJobs(jobs));
			const erasure = {
				member: "ann",
				by: "room:operator",
				through: 0,
				done: 0,
				jobsThrough: 6,
				jobsDone: 0,
				stateThrough: 0,
				stateDone: 0,
			};
			const piece = (jobsDone: number, rowsMax: number, bytesMax: number) =>
				store.transaction(() => store.eraseJobs({ ...erasure, jobsDone }, rowsMax, bytesMax));
			const bare = (n: number) => {
				const { name, input, outcome, isOwed } = store.job(n) ?? jobAt(n);
				return name === "" && input === "null" && outcome === "null" && !isOwed;
			};
			expect(() =>
				store.transaction(() => {
					store.eraseJobs(erasure, 99, MANY);
					throw new Error("planted");
				}),
			).toThrow("planted");
			expect(jobs.filter(({ n }) => bare(n))).toEqual([]);
			// So many rows are looked at, also those of others.
			expect(piece(0, 2, MANY)).toEqual({ done: 2, count: 1 });
			// So many bytes are taken, and one job at least.
			expect(piece(2, 99, 1)).toEqual({ done: 4, count: 1 });
			expect(piece(4, 99, 50)).toEqual({ done: 6, count: 2 });
			expect(piece(6, 99, MANY)).toEqual({ done: 6, count: 0 });
			expect(numbersOf(jobs.filter(({ n }) => bare(n)))).toEqual([1, 4, 5, 6]);
			const { name: _, input: __, outcome: ___, ...head } = jobs[0] as JobRow;
			expect(store.job(1), "its place, and whose it was").toMatchObject({ ...head, isOwed: false });
			expect(store.job(2)).toEqual(jobs[1]);
			expect(store.job(9), "what was asked for after the erasure").toEqual(jobs[5]);
		});

		inStore("a wipe takes events, keys, jobs and the roster; meta and ranges stay", (store) => {
			store.transaction(() => {
				store.append(eventsAt(1, 3));
				store.addJobs([jobAt(1), jobAt(2, { state: "done", isOwed: true })]);
				store.saveRoster([row("ann")]);
				store.saveRange(RANGE);
				store.saveMeta(META);
			});
			store.transaction(() => store.wipe());
			expect([store.after(0, 9), store.jobs(null, 9, 9), store.jobsInHand(), store.roster()]).toEqual([[], [], [], []]);
			expect(found(store, [{ member: "ann", id: "p1" }])).toEqual([]);
			expect(store.oldestSettledJob()).toBeNull();
			expect([store.meta(), store.ranges()]).toEqual([META, [RANGE]]);
			store.transaction(() => {
				store.append([eventAt(1)]);
				store.addJobs([jobAt(1)]);
			});
			expect(numbersOf(store.jobsInHand())).toEqual([1]);
		});

		inStore("what a wipe or a drop of keys took is there for nobody, and its rows go piece by piece", (store) => {
			store.transaction(() => {
				store.append(eventsAt(1, 300));
				store.turnKeys();
				store.append(eventsAt(301, 600));
				store.addJobs(Array.from({ length: 150 }, (_, n) => jobAt(n + 1)));
			});
			expect(store.hasRemains()).toBe(false);
			store.transaction(() => store.dropOlderKeys());
			expect(store.hasRemains()).toBe(true);
			expect(
				found(
					store,
					[1, 301].map((seq) => ({ member: "ann", id: `p${seq}` })),
				),
			).toHaveLength(1);
			// Twice, with something new in between, before the first pieces have gone.
			store.transaction(() => store.wipe());
			const anew = () => {
				expect([store.after(0, 9), store.jobs(null, 999, 9), store.jobsInHand(), store.seqsAbout(1)]).toEqual([
					[],
					[],
					[],
					[],
				]);
				expect(
					found(
						store,
						eventsAt(1, 600).map(({ id }) => ({ member: "ann", id: id ?? "" })),
					),
				).toEqual([]);
				store.transaction(() => {
					store.append(eventsAt(1, 120));
					store.addJobs(Array.from({ length: 120 }, (_, n) => jobAt(n + 1, { ask: "x" })));
				});
				expect(store.findAsks([{ member: "ann", ask: "x", purpose: "asked" }])).toHaveLength(120);
			};
			anew();
			store.transaction(() => store.wipe());
			anew();
			let pieces = 0;
			for (; store.hasRemains(); pieces++) {
				expect(() =>
					store.transaction(() => {
						store.dropRemains(50, 10_000);
						throw new Error("planted");
					}),
				).toThrow("planted");
				expect(store.hasRemains()).toBe(true);
				store.transaction(() => store.dropRemains(50, 10_000));
			}
			expect(pieces).toBeGreaterThan(10);
			expect(store.after(0, 999)).toHaveLength(120);
			expect(
				found(
					store,
					eventsAt(1, 120).map(({ id }) => ({ member: "ann", id: id ?? "" })),
				),
			).toHaveLength(120);
		});

		inStore("G1 G5 a throw takes back every kind of write", (store) => {
			store.transaction(() => {
				store.append(eventsAt(1, 3));
				store.addJobs([jobAt(1), jobAt(2, { state: "done" })]);
				store.saveRange(RANGE);
			});
			const before = [store.after(0, 9), store.jobs(null, 9, 9), store.ranges(), store.jobsInHand()];
			for (const withWipe of [false, true]) {
				expect(() =>
					store.transaction(() => {
						store.addJobs([jobAt(3)]);
						store.changeJobs([{ ...headOf(jobAt(1)), state: "done", outcome: "1" }]);
						store.dropSettledJobs(Number.MAX_SAFE_INTEGER, 10, MANY);
						store.rewrite([{ seq: 1, body: "{}", bytes: 2 }]);
						store.saveRange({ ...RANGE, through: 9 });
						store.saveRange({ ...RANGE, kind: "hook" });
						if (withWipe) store.wipe();
						throw new Error("planted");
					}),
				).toThrow("planted");
				expect([store.after(0, 9), store.jobs(null, 9, 9), store.ranges(), store.jobsInHand()]).toEqual(before);
			}
		});
	});
}
