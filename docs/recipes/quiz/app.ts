import { defineApp } from "rotunda";
import * as v from "valibot";

/** So long one may answer. */
export const ANSWER_MS = 20_000;

const choice = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(3));
const asked = v.object({ text: v.string(), choices: v.array(v.string()) });
const question = v.object({ ...asked.entries, by: v.string(), id: v.number(), until: v.number() });
const result = v.object({ question: v.number(), right: v.number(), winners: v.array(v.string()) });

export const makeApp = () =>
	defineApp({
		events: {
			// The right choice is not in it: everyone hears an event.
			ask: {
				from: "members",
				data: asked,
				decide({ data, from, seq }, room) {
					if (room.get("question") !== null) room.refuse("open", "Another question is open.");
					const right = room.get(`right/${from}`);
					if (right === null) room.refuse("no_answer", "Set the right choice first.");
					// What counts is what it was then: who asks may set its own anew, and not this.
					room.set(`asked/${from}`, right);
					room.set("question", { ...data, by: from, id: seq, until: room.now + ANSWER_MS });
					room.later("reveal", ANSWER_MS);
				},
			},
			reveal: {
				from: "backend",
				decide(_, room) {
					const question = room.get("question");
					if (question === null) return;
					const right = room.get(`asked/${question.by}`) ?? -1;
					const winners = room
						.entries("answer/")
						.filter(({ key, value }) => value.question === question.id && key !== `answer/${question.by}`)
						.flatMap(({ key, value }) => (value.choice === right ? [key.slice("answer/".length)] : []));
					const scores = { ...room.get("scores") };
					for (const id of winners) scores[id] = (scores[id] ?? 0) + 1;
					room.set("scores", scores);
					room.set("question", null);
					room.publish("result", { question: question.id, right, winners });
				},
			},
			result: { from: "backend", data: result },
		},
		state: {
			question: { write: "rules", value: question },
			"right/{member}": { write: "own", see: "own", value: choice },
			"asked/{member}": { write: "rules", see: "own", value: choice },
			"answer/{member}": { write: "own", see: "own", value: v.object({ question: v.number(), choice }) },
			scores: { write: "rules", value: v.record(v.string(), v.number()) },
		},
	});
export const app = makeApp();
