/**
 * `moderate`: looks at what was said before (`hold`) or after (`review`) others see it. This one
 * checks a word list; a kind of your own may ask a model or a person instead, with the same verdicts.
 */
import { englishDataset, englishRecommendedTransformers, RegExpMatcher } from "obscenity";
import * as v from "valibot";
import type { Verdict } from "../protocol/jobs.ts";
import { defineKind } from "./kind.ts";
import { textOf } from "./text-of.ts";

let matcher: RegExpMatcher | null = null;

/** Made when it is first needed: a Worker that checks nothing does not pay for the list. */
function hasMatch(text: string): boolean {
	matcher ??= new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers });
	return matcher.hasMatch(text);
}

export const moderate = defineKind({
	name: "moderate",
	input: v.unknown(),
	asked: false,
	concerns: "nobody",
	retry: { attempts: 4, firstSeconds: 1, mostSeconds: 8 },
	runMsMax: 5_000,
	run: async (data): Promise<Verdict> =>
		hasMatch(textOf(data))
			? { verdict: "refuse", reason: "It holds words that are not welcome in this room." }
			: { verdict: "clear" },
});
