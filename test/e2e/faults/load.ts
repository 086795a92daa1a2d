/** What witnesses do all the while: they publish, have events checked, ask for work. Each deed keeps what came of it. */
import { RoomError } from "../../../src/client/index.ts";
import type { Random } from "../../simulation/random.ts";
import { until } from "../../support/until.ts";
import type { Witness } from "./witness.ts";

export interface Deed {
	witness: Witness;
	/** `chat` starts a job about it, `held` waits for one, `note` is an event alone; `sum` is a job alone. */
	kind: "chat" | "held" | "note" | "sum";
	id: string;
	data: { text: string; isBad: boolean };
	/** Null until it is answered; a code, and why, where it was refused. */
	answer: { seq: number } | { result: unknown } | { code: string; message?: string } | null;
	/** How often its promise was fulfilled or refused. */
	answers: number;
}

type Shares = readonly (readonly [Deed["kind"], number])[];

const SHARES: Shares = [
	["chat", 3],
	["note", 6],
	["held", 1],
	["sum", 2],
];
/** One waits for its own answers before it does more. */
const UNANSWERED_MAX = 6;
/** Jobs and holds of one member, far below what a room lets it have. */
const JOBS_UNANSWERED_MAX = 3;

export class Load {
	readonly deeds: Deed[] = [];
	readonly #random: Random;
	readonly #pauseMs: number;
	readonly #shares: Shares;
	#timers = new Map<Witness, NodeJS.Timeout>();
	#unanswered = new Map<Witness, Set<Deed>>();

	/** `pauseMs` lies between two deeds of one witness, on average; `shares` says what they are. */
	constructor(random: Random, pauseMs: number, shares = SHARES) {
		this.#random = random;
		this.#pauseMs = pauseMs;
		this.#shares = shares;
	}

	begin(witnesses: readonly Witness[]): void {
		for (const witness of witnesses) this.#next(witness);
	}

	end(): void {
		for (const timer of this.#timers.values()) clearTimeout(timer);
		this.#timers.clear();
	}

	get answered(): number {
		return this.deeds.length - this.unanswered.length;
	}

	get unanswered(): Deed[] {
		return [...this.#unanswered.values()].flatMap((deeds) => [...deeds]);
	}

	/** Waits until every deed has its answer. */
	allAnswered(deadlineMs?: number): Promise<void> {
		const open = (): string => this.unanswered.map(({ kind, id }) => `${kind} ${id}`).join(", ");
		return until(() => this.unanswered.length === 0, "every deed is answered", open, deadlineMs);
	}

	#next(witness: Witness): void {
		const pauseMs = this.#random.fraction() * 2 * this.#pauseMs;
		const timer = setTimeout(() => {
			this.#do(witness);
			this.#next(witness);
		}, pauseMs);
		this.#timers.set(witness, timer);
	}

	#do(witness: Witness): void {
		const open = this.#unanswered.get(witness) ?? new Set();
		this.#unanswered.set(witness, open);
		const drawn = this.#random.weighted(this.#shares);
		const hasJobsEnough =
			[...open].filter(({ kind }) => kind !== "note" && kind !== "chat").length >= JOBS_UNANSWERED_MAX;
		const kind = hasJobsEnough && (drawn === "held" || drawn === "sum") ? "note" : drawn;
		// What is held keeps its place among the unanswered long: only the plain ones make one wait.
		if ([...open].filter((deed) => deed.kind === "note" || deed.kind === "chat").length >= UNANSWERED_MAX) return;
		const id = `${witness.name}-${this.deeds.length}`;
		const data = { text: id, isBad: kind !== "note" && this.#random.once(8) };
		const deed: Deed = { witness, kind, id, data, answer: null, answers: 0 };
		this.deeds.push(deed);
		open.add(deed);
		const answered = (answer: Deed["answer"]): void => {
			deed.answer = answer;
			deed.answers++;
			open.delete(deed);
		};
		const { room } = witness;
		const asked =
			kind === "sum" ? room.requestJob("sum", data).then((result) => ({ result })) : room.publish(kind, data, { id });
		asked.then(answered, (error: unknown) =>
			answered(error instanceof RoomError ? { code: error.code, message: error.message } : { code: String(error) }),
		);
	}
}
