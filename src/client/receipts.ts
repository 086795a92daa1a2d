/** Telling the room which outcomes have arrived, also those that nobody here waits for: they are not sent again. */
import { RECEIVED_JOBS_MAX } from "../protocol/limits.ts";
import type { Received, ServerMessage } from "../protocol/messages.ts";

export function receiptsOf(messages: readonly ServerMessage[]): Received[] {
	const jobs = messages.flatMap((message) =>
		message.type === "job" && (message.state === "done" || message.state === "failed") ? [message.job] : [],
	);
	const receipts: Received[] = [];
	for (let i = 0; i < jobs.length; i += RECEIVED_JOBS_MAX) {
		receipts.push({ type: "received", jobs: jobs.slice(i, i + RECEIVED_JOBS_MAX) });
	}
	return receipts;
}
