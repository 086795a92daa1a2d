/** The soak's rule itself: what is flat passes, and each kind of growth is named. */
import { expect, test } from "vitest";
import { type Sample, unevenness } from "./rule.ts";

const MIB = 2 ** 20;
const BOUNDS = { eventsMax: 10_000, eventBytesMax: 10 * MIB };

/** Thirty minutes, a sample every ten seconds. */
function run(change: (sample: Sample, minute: number) => void, minutes = 30): Sample[] {
	return Array.from({ length: minutes * 6 }, (_, n) => {
		const sample: Sample = {
			atMs: (n + 1) * 10_000,
			residentBytes: (200 + (n % 5)) * MIB,
			...{ wakes: 1, turns: n, bytes: 5 * MIB, events: 5_000, keys: n, jobs: n, roster: 50, sockets: 60, unsent: 0 },
			...{ p50Ms: 10, p99Ms: 30 + (n % 3) },
		};
		change(sample, sample.atMs / 60_000);
		return sample;
	});
}

test("what is flat is flat, also where the warm-up grows and one moment is bad", () => {
	const samples = run((sample, minute) => {
		if (minute < 6) sample.residentBytes = (100 + minute * 17) * MIB;
		if (minute === 29) Object.assign(sample, { residentBytes: 400 * MIB, p99Ms: 900 });
	});
	expect(unevenness(samples, BOUNDS)).toEqual([]);
});

test.each<[string, (sample: Sample, minute: number) => void]>([
	["Memory went from", (sample, minute) => (sample.residentBytes += minute * 2 * MIB)],
	["The 99th percentile", (sample, minute) => (sample.p99Ms = 20 + minute * 2)],
	["the history held", (sample, minute) => (sample.events = 400 * minute)],
	["the store was", (sample, minute) => (sample.bytes = minute * MIB)],
])("growth is named: %s", (sentence, change) => {
	expect(unevenness(run(change), BOUNDS)).toContainEqual(expect.stringContaining(sentence));
});

test("a run that is too short tells nothing", () => {
	expect(
		unevenness(
			run(() => {}, 2),
			BOUNDS,
		),
	).toHaveLength(1);
});
