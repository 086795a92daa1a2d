/** What a kind will never have of the history is said as a job that failed, so that somebody finds it. */
import type { Failure } from "../protocol/outcome.ts";
import type { Outbox } from "./outbox.ts";

/** `seq`: the one event that it is about, by which it can be tried again; null where it is gone. */
export function giveUp(outbox: Outbox, of: { kind: string; seq: number | null }, error: Failure, now: number): void {
	const nobodys = { member: null, name: "", ask: null, input: "null", deadlineAt: null };
	const head = outbox.add({ ...of, ...nobodys, purpose: "event" }, now);
	outbox.settle(head, { state: "failed", error }, false, now);
}
