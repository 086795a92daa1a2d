/** A guarantee that did not hold. Its sentence begins with the guarantee's id. */

export type Guarantee =
	| "G1"
	| "G2"
	| "G3"
	| "G4"
	| "G5"
	| "G6"
	| "G7"
	| "G8"
	| "G9"
	| "G10"
	| "G11"
	| "liveness"
	| "archive"
	| "erasure"
	| "rules";

export class Broken extends Error {
	readonly guarantee: Guarantee;

	constructor(guarantee: Guarantee, sentence: string) {
		super(`${guarantee}: ${sentence}`);
		this.name = "Broken";
		this.guarantee = guarantee;
	}
}

export function hold(isTrue: boolean, guarantee: Guarantee, sentence: () => string): asserts isTrue {
	if (!isTrue) throw new Broken(guarantee, sentence());
}
