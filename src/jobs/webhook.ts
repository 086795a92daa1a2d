/**
 * `webhook`: tells your backend what happened, in order, signed by the Standard Webhooks scheme
 * (https://www.standardwebhooks.com). A delivery is a range of events; its `webhook-id` is the job's id
 * and stays the same on every retry.
 */

import { Webhook } from "standardwebhooks";
import { matchesPattern } from "../protocol/ids.ts";
import { WEBHOOK_ANSWER_MS_MAX, WEBHOOK_ENVELOPE_BYTES } from "../protocol/job-limits.ts";
import { readSettings, type Settings } from "../protocol/settings.ts";
import { Gone, type JobContext, type Range, type RangeKind, TryAfter, Unacceptable } from "./kind.ts";
import { retryAfterMs } from "./retry-after.ts";

/** Answers by which a receiver says that it will not take what it was sent, however often it is sent. */
const UNACCEPTABLE = new Set([400, 409, 413, 415, 422]);

/** What whoever reads the log can do about an answer. */
const ADVICE: Readonly<Record<number, string>> = {
	401: "see whether it has the WEBHOOK_SECRET that this server has",
	403: "see whether it lets this server in",
	404: "see whether WEBHOOK_URL is right",
	410: "it wants no more; have the job tried again when it does",
	413: "set WEBHOOK_MAX_BYTES to less than it takes",
};

type Context = JobContext<Cloudflare.Env>;

function settingsOf(env: unknown): Settings {
	return readSettings(env as Readonly<Record<string, unknown>>);
}

export const webhook: RangeKind = {
	name: "webhook",
	begins: "head",
	// Each attempt is a run of its own, of which the room keeps count: the order is held for as long as it takes.
	retry: { attempts: 1, firstSeconds: 2, mostSeconds: 300 },
	runMsMax: WEBHOOK_ANSWER_MS_MAX + 2_000,
	isActive: (env) => settingsOf(env).webhookUrl !== null,
	bounds: (env) => {
		const { webhookEventsMax, webhookBytesMax } = settingsOf(env);
		return { events: webhookEventsMax, bytes: webhookBytesMax - WEBHOOK_ENVELOPE_BYTES };
	},
	run: async (range, context: Context) => {
		const { webhookUrl, webhookEvents } = settingsOf(context.env);
		const events = range.events.filter(({ name }) => webhookEvents.some((pattern) => matchesPattern(name, pattern)));
		if (webhookUrl === null || events.length === 0) return;
		const answer = await deliver(webhookUrl, { ...range, events }, context);
		if (!answer.ok) throw refusalOf(answer);
	},
};

async function deliver(url: string, range: Range, { env, room, epoch, job, signal }: Context): Promise<Response> {
	const latest = range.events.at(-1)?.at ?? 0;
	const body = JSON.stringify({
		type: "room.events",
		timestamp: new Date(latest).toISOString(),
		data: { room, epoch, events: range.events },
	});
	const now = new Date();
	const headers = {
		"Content-Type": "application/json",
		"User-Agent": "Rotunda-Webhook/1",
		"webhook-id": job,
		"webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
		"webhook-signature": signatures(env.WEBHOOK_SECRET, { job, now, body }),
	};
	const patience = AbortSignal.any([signal, AbortSignal.timeout(WEBHOOK_ANSWER_MS_MAX)]);
	try {
		const answer = await fetch(url, { method: "POST", body, redirect: "manual", signal: patience, headers });
		await answer.body?.cancel();
		return answer;
	} catch (error) {
		// What the error says may quote the address, and that may hold a secret.
		throw new TryAfter(`The webhook's receiver did not answer (${error instanceof Error ? error.name : typeof error})`);
	}
}

/** One of each secret, so that a receiver may change from one to the other. @throws TryAfter without any */
function signatures(secrets: string | undefined, { job, now, body }: { job: string; now: Date; body: string }): string {
	const each = (secrets ?? "").split(/[\s,]+/).filter((secret) => secret !== "");
	if (each.length === 0) {
		throw new TryAfter("WEBHOOK_URL is set without the secret WEBHOOK_SECRET: nothing is sent unsigned");
	}
	return each.map((secret) => new Webhook(secret).sign(job, now, body)).join(" ");
}

/** What an answer other than 2xx means for the range. */
function refusalOf({ status, headers }: Response): Error {
	const advice =
		status >= 300 && status < 400 ? "redirects are not followed: set WEBHOOK_URL to where it points" : ADVICE[status];
	const said = `The webhook's receiver answered ${status}${advice === undefined ? "" : `: ${advice}`}`;
	if (UNACCEPTABLE.has(status)) return new Unacceptable("unacceptable", said);
	if (status === 410) return new Gone("gone", said);
	return new TryAfter(said, retryAfterMs(headers.get("Retry-After"), Date.now()));
}
