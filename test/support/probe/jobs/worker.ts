/**
 * The room and its consumer with an app of a test's own: its kinds ask the test's desk what to do, and
 * what is fetched from http://news.example/ comes from there. Rooms named `stuck…` have a queue that hangs.
 */
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { archive } from "../../../../src/jobs/archive/archive.ts";
import { defineApp } from "../../../../src/jobs/define.ts";
import type { Kind } from "../../../../src/jobs/kind.ts";
import { unfurl } from "../../../../src/jobs/unfurl.ts";
import { webhook } from "../../../../src/jobs/webhook.ts";
import { createRoomServer } from "../../../../src/server.ts";

const { DESK } = env as unknown as { DESK: string };

const { fetch } = globalThis;
globalThis.fetch = (input, init) => {
	const url = String(input instanceof Request ? input.url : input);
	return fetch(
		url.startsWith("http://news.example/") ? url.replace("http://news.example", `${DESK}/news`) : input,
		init,
	);
};

/** A kind whose work is done at the test's desk; the least lease that there can be. */
function atDesk(name: string, more: Partial<Kind> = {}): Kind {
	return {
		name,
		input: v.unknown(),
		asked: false,
		concerns: "nobody",
		retry: { attempts: 4, firstSeconds: 0, mostSeconds: 0 },
		runMsMax: 1_500,
		run: async (input, { room, signal }) => {
			const answer = await fetch(`${DESK}/kinds/${name}`, {
				method: "POST",
				body: JSON.stringify({ room, input }),
				signal,
			});
			if (!answer.ok) throw new Error(await answer.text());
			return answer.json();
		},
		...more,
	};
}

/** The archive's database is down, for the room `down`, while the test's desk says so. */
function unlessDown(run: typeof archive.run): typeof archive.run {
	return async (range, context) => {
		const isDown = context.room === "down" && (await (await fetch(`${DESK}/is-down`)).text()) === "true";
		if (isDown) throw new Error("D1_ERROR: planted.");
		return run(range, context);
	};
}

const server = createRoomServer(
	defineApp({
		events: {
			chat: { from: "members", starts: ["unfurl"] },
			held: { from: "members", hold: "check" },
			reviewed: { from: "members", review: "check" },
			flaky: { from: "members", starts: ["flaky"] },
			price: { from: "backend" },
			"*": { from: "members" },
		},
		kinds: [
			unfurl,
			atDesk("check"),
			atDesk("flaky", { concerns: "room" }),
			atDesk("sum", { asked: true, concerns: "member" }),
		],
		ranges: [{ ...archive, run: unlessDown(archive.run) }, webhook],
	}),
);

export class ProbedRoom extends server.RoomObject {
	constructor(ctx: DurableObjectState, bindings: Cloudflare.Env) {
		const hanging = { sendBatch: () => new Promise(() => {}) } as unknown as Queue;
		super(ctx, ctx.id.name?.startsWith("stuck") ? { ...bindings, JOBS: hanging } : bindings);
	}
}

export default { fetch: server.fetch, queue: server.queue } satisfies ExportedHandler<Cloudflare.Env>;
