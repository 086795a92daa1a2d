/**
 * The room and its consumer for a long run. workerd itself has no queues: what the room hands over goes to QUEUE, a
 * process of the test's, which brings it to `/probe/queue`. `/probe/{room}/life` tells what the object
 * holds, `rows` what its tables do, `deeds` what it has done.
 */
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { defineApp } from "../../../../src/jobs/define.ts";
import type { Kind } from "../../../../src/jobs/kind.ts";
import { webhook } from "../../../../src/jobs/webhook.ts";
import { createRoomServer } from "../../../../src/server.ts";

const { QUEUE } = env as unknown as { QUEUE: string };

function echo(name: string, concerns: Kind["concerns"], asked: boolean): Kind {
	const retry = { attempts: 3, firstSeconds: 0, mostSeconds: 1 };
	return { name, input: v.unknown(), asked, concerns, retry, runMsMax: 1_000, run: async () => ({ echo: name }) };
}

const server = createRoomServer(
	defineApp({
		events: { chat: { from: "members", starts: ["card"] }, "*": { from: "members" } },
		kinds: [echo("card", "room", false), echo("sum", "member", true)],
		ranges: [webhook],
	}),
);

/** What this process has done since it started, by the room's name: an object forgets it when it sleeps. */
const done = new Map<string, { wakes: number; turns: number }>();

function deedsOf(room: string): { wakes: number; turns: number } {
	const deeds = done.get(room) ?? { wakes: 0, turns: 0 };
	done.set(room, deeds);
	return deeds;
}

export class ProbedRoom extends server.RoomObject {
	constructor(ctx: DurableObjectState, bindings: Cloudflare.Env) {
		const deeds = deedsOf(ctx.id.name ?? "");
		deeds.wakes++;
		const { storage } = ctx;
		const transact = storage.transactionSync.bind(storage);
		Object.defineProperty(storage, "transactionSync", {
			value: <T>(work: () => T): T => {
				deeds.turns++;
				return transact(work);
			},
		});
		super(ctx, { ...bindings, JOBS: { sendBatch } as unknown as Queue });
	}

	life() {
		const sockets = this.ctx.getWebSockets();
		return {
			bytes: this.ctx.storage.sql.databaseSize,
			sockets: sockets.length,
			unsent: sockets.reduce((sum, socket) => sum + (socket.bufferedAmount ?? 0), 0),
		};
	}

	/** Reads every row: an hour's keys and jobs take it tens of milliseconds, in which the room does nothing else. */
	rows() {
		const rows = (table: string): number =>
			this.ctx.storage.sql.exec<{ n: number }>(`select count(*) as n from ${table}`).one().n;
		return { events: rows("events"), keys: rows("publish_keys"), jobs: rows("jobs"), roster: rows("roster") };
	}
}

async function sendBatch(messages: Iterable<MessageSendRequest>): Promise<void> {
	const body = JSON.stringify([...messages].map((message) => message.body));
	const answer = await fetch(QUEUE, { method: "POST", body });
	if (!answer.ok) throw new Error("The queue took nothing.");
}

/** Consumes one message and says what became of it. */
async function consumeOne(request: Request, bindings: Cloudflare.Env): Promise<Response> {
	const { queue, body, attempts } = (await request.json()) as { queue: string; body: unknown; attempts: number };
	let fate: { isDone: boolean; delaySeconds: number } = { isDone: false, delaySeconds: 0 };
	const message = {
		id: crypto.randomUUID(),
		timestamp: new Date(),
		body,
		attempts,
		ack: () => {
			fate = { isDone: true, delaySeconds: 0 };
		},
		retry: (options?: QueueRetryOptions) => {
			fate = { isDone: false, delaySeconds: options?.delaySeconds ?? 0 };
		},
	};
	await server.queue({ queue, messages: [message] } as unknown as MessageBatch, bindings);
	return Response.json(fate);
}

export default {
	async fetch(request, bindings, ctx) {
		const [, door, room, ask] = new URL(request.url).pathname.split("/");
		if (door !== "probe" || room === undefined) return server.fetch(request, bindings, ctx);
		if (room === "queue") return consumeOne(request, bindings);
		// Without a call to the object, which would wake it.
		if (ask === "deeds") return Response.json(deedsOf(room));
		const probed = bindings.ROOMS.getByName(room) as unknown as DurableObjectStub<ProbedRoom>;
		return Response.json(ask === "rows" ? await probed.rows() : await probed.life());
	},
} satisfies ExportedHandler<Cloudflare.Env>;
