/** `rotunda/client/predict`: the app's own rules, run on the page, so that what one does shows at once. */
import type { Typed } from "../protocol/app-types.ts";
import type { DecidedEvent, RuleEntry, RuleMember, RuleRoom } from "../protocol/decision.ts";
import type { ServerMessage, Welcome } from "../protocol/messages.ts";
import type { Change } from "./entries.ts";
import type { Asking } from "./outbox.ts";
import { Outgoing } from "./outgoing.ts";
import type { Port } from "./port.ts";
import { type PredictedRules, Predictions } from "./predictions.ts";
import type { Prediction } from "./room.ts";
import type { EntryKey, EntryValue, PresentEntryOf, PublishData, PublishName, StateOf } from "./typed.ts";
import type { Sent } from "./written.ts";

export type { DecidedEvent, Prediction, RuleEntry, RuleMember, RuleRoom };

/** The room, as the rules of such an app see it on a page. */
export interface PredictedRoom<A extends Typed = Typed> extends RuleRoom {
	get<K extends EntryKey<A>>(key: K): EntryValue<A, K> | null;
	entries<P extends string>(prefix: P): readonly RuleEntry<PresentEntryOf<A, P>["value"]>[];
	set<K extends EntryKey<A>>(key: K, value: EntryValue<A, K> | null): void;
	readonly members: readonly RuleMember<StateOf<A> | null>[];
}

/** Of an app that says nothing of it, the data is what the rule says that it is. */
type DataOf<A extends Typed, N extends string> = unknown extends PublishData<A, N> ? never : PublishData<A, N>;

/** The `decide` of events that members publish, by their names. */
export type RulesOf<A extends Typed> = {
	readonly [N in PublishName<A>]?: (event: DecidedEvent<DataOf<A, N>, N>, room: PredictedRoom<A>) => unknown;
};

/**
 * Runs these rules on the page whenever it publishes such an event: what they set shows at once in `get`, `entries` and
 * `on("entries", …)`, over what the room tells, until the room has told the event or refused it. They are run anew
 * whenever the room tells of entries. What they publish, owe and set for later only the room does.
 * @param rules the app's own `decide`, by event: from a file that the page and `app.ts` both import.
 */
export function predict<A extends Typed = Typed>(rules: RulesOf<A>): Prediction {
	return class extends Predicting {
		static readonly names = Object.keys(rules);

		constructor(port: Port, flushed: () => void) {
			super(port, flushed, rules as PredictedRules);
		}
	};
}

/** Says what is said, and foresees what the room will make of it. */
class Predicting extends Outgoing {
	readonly #predictions: Predictions;

	constructor(port: Port, flushed: () => void, rules: PredictedRules) {
		super(port, flushed);
		this.#predictions = new Predictions(rules, this.entries, port);
	}

	protected override take(message: Sent, json: string, asking: Asking): void {
		if (message.type !== "publish") return super.take(message, json, asking);
		const { id } = message;
		super.take(message, json, {
			resolve: (answer) => {
				this.#predictions.told(id);
				asking.resolve(answer);
			},
			reject: (error) => {
				this.#predictions.undo(id);
				asking.reject(error);
			},
		});
		this.#predictions.begin(message, json);
	}

	override set(change: Change): Promise<{ version: number }> {
		const answer = super.set(change);
		this.#predictions.refresh();
		return answer;
	}

	override welcomed(welcome: Welcome): void {
		super.welcomed(welcome);
		this.#predictions.welcomed(welcome);
	}

	override hear(message: ServerMessage, me: string): boolean {
		const isAnswer = super.hear(message, me);
		this.#predictions.hear(message);
		return isAnswer;
	}

	override live(): void {
		super.live();
		this.#predictions.live();
	}
}
