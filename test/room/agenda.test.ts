/** What is to come first is what a look at all of it would say, whatever was set, moved and dropped. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Agenda } from "../../src/room/agenda.ts";

const key = fc.integer({ min: 0, max: 20 });
const step = fc.oneof(
	fc.record({ do: fc.constant("set" as const), key, at: fc.integer({ min: 0, max: 50 }) }),
	fc.record({ do: fc.constant("drop" as const), key }),
);

test("the first of an agenda, and what is due of it, are the same as by a look at all of it", () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 0, max: 50 }), (steps, now) => {
			const agenda = new Agenda<number>();
			const all = new Map<number, number>();
			for (const each of steps) {
				if (each.do === "set") {
					agenda.set(each.key, each.at);
					all.set(each.key, each.at);
				} else {
					agenda.drop(each.key);
					all.delete(each.key);
				}
				expect(agenda.first).toBe(all.size === 0 ? null : Math.min(...all.values()));
			}
			const due = [...all].filter(([, at]) => at <= now).map(([each]) => each);
			for (let time = 0; time < 2; time++) {
				expect(agenda.due(now, 100).sort((a, b) => a - b)).toEqual(due.sort((a, b) => a - b));
			}
			const some = agenda.due(now, 3).map((each) => all.get(each));
			expect(some).toEqual([...all.values()].sort((a, b) => a - b).slice(0, Math.min(3, due.length)));
		}),
	);
});
