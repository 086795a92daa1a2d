/** Everyone who attacks, and a room in which nobody does. */
import { GOERS } from "./attackers/audience.ts";
import { FRAMERS } from "./attackers/frames.ts";
import { ASKERS } from "./attackers/jobs.ts";
import { POSTERS } from "./attackers/posters.ts";
import { PUBLISHERS } from "./attackers/publish.ts";
import { READERS } from "./attackers/readers.ts";
import { RULERS } from "./attackers/rules.ts";
import { SETTERS } from "./attackers/setters.ts";
import { STREAMERS } from "./attackers/streams.ts";
import { KEEPERS } from "./attackers/upkeep.ts";
import type { Attacker } from "./stage.ts";

const CALM: Attacker = {
	name: "calm",
	does: "nobody attacks",
	isWithinRates: true,
	attack: (stage) => stage.over,
};

export const ATTACKERS: readonly Attacker[] = [
	CALM,
	...PUBLISHERS,
	...ASKERS,
	...FRAMERS,
	...GOERS,
	...READERS,
	...POSTERS,
	...STREAMERS,
	...SETTERS,
	...RULERS,
	...KEEPERS,
];

/** Those whose names hold all the words; everyone, where there are none. */
export function attackersBy(words: string): Attacker[] {
	const wanted = words.split(/\s+/).filter((word) => word !== "");
	return ATTACKERS.filter(({ name }) => wanted.every((word) => name.includes(word)));
}
