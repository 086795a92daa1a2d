/**
 * `webhook`: tells your backend what happened, in order, signed by the Standard Webhooks scheme
 * (https://www.standardwebhooks.com). A delivery is a range of events; its `webhook-id` is the job's id
 * and stays the same on every retry.
 */
import { Webhook } from "standardwebhooks";
import { matchesPattern } from "../protocol/ids.ts";
import { readSettings } from "../protocol/settings.ts";
import type { JobContext, Range, RangeKind } from "./kind.ts";

const ANSWER_MS_MAX = 10_000;

export const webhook: RangeKind = {
	name: "webhook",
	begins: "head",
	retry: { attempts: 5, firstSeconds: 2, mostSeconds: 30 },
	runMsMax: ANSWER_MS_MAX + 2_000,
	isActive: (env) => readSettings(env).webhookUrl !== null,
	run: async (range, context) => {
		const { webhookUrl, webhookEvents } = readSettings(context.env as unknown as Record<string, unknown>);
		const events = range.events.filter(({ name }) => webhookEvents.some((pattern) => matchesPattern(name, pattern)));
		if (webhookUrl === null || events.length === 0) return;
		await deliver(webhookUrl, { ...range, events }, context);
	},
};

async function deliver(url: string, range: Range, { env, room, epoch, job, signal }: JobContext): Promise<void> {
	if (env.WEBHOOK_SECRET === undefined || env.WEBHOOK_SECRET === "") {
		throw new Error("WEBHOOK_URL is set without the secret WEBHOOK_SECRET: nothing is sent unsigned.");
	}
	const latest = range.events.at(-1)?.at ?? 0;
	const body = JSON.stringify({
		type: "room.events",
		timestamp: new Date(latest).toISOString(),
		data: { room, epoch, events: range.events },
	});
	const now = new Date();
	const answer = await fetch(url, {
		method: "POST",
		body,
		redirect: "manual",
		signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
		headers: {
			"Content-Type": "application/json",
			"User-Agent": "Rotunda-Webhook/1",
			"webhook-id": job,
			"webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
			"webhook-signature": new Webhook(env.WEBHOOK_SECRET).sign(job, now, body),
		},
	});
	await answer.body?.cancel();
	if (!answer.ok) throw new Error(`The webhook's receiver answered ${answer.status}.`);
}
