/**
 * The room, its consumer and its archive under faults: the kinds' work is done at the test's desk, which outlives
 * every kill, and the desk also says how the consumer fares. `/probe/{room}/archive` reads the room's copy in D1.
 */
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { archive } from "../../../../src/jobs/archive/archive.ts";
import { ready } from "../../../../src/jobs/archive/schema.ts";
import { defineApp } from "../../../../src/jobs/define.ts";
import type { Kind } from "../../../../src/jobs/kind.ts";
import type { Rules } from "../../../../src/protocol/rules.ts";
import { createRoomServer } from "../../../../src/server.ts";

const { DESK, LEASE_MS } = env as unknown as { DESK: string; LEASE_MS: string };
const ARCHIVE_PAGE_ROWS = 2_000;

function atDesk(name: string, concerns: Kind["concerns"], asked = false): Kind {
	return {
		name,
		input: v.unknown(),
		asked,
		concerns,
		retry: { attempts: 3, firstSeconds: 0, mostSeconds: 0 },
		runMsMax: 1_000,
		run: async (input, { room, signal }) => {
			const body = JSON.stringify({ room, input });
			const answer = await fetch(`${DESK}/kinds/${name}`, { method: "POST", body, signal });
			if (!answer.ok) throw new Error(await answer.text());
			return answer.json();
		},
	};
}

const app = defineApp({
	events: {
		chat: { from: "members", starts: ["card"] },
		// Kills may keep a check away for longer than the five minutes after which it would be refused unchecked.
		held: { from: "members", hold: "check", withinSeconds: 3600 },
		"*": { from: "members" },
	},
	kinds: [atDesk("card", "room"), atDesk("check", "nobody"), atDesk("sum", "member", true)],
	ranges: [archive],
});

/** A restart loses the local queue's backlog, and the product's leases, of minutes, would only be waited for. */
function hurried(rules: Rules): Rules {
	const leaseMs = Number(LEASE_MS);
	return {
		...rules,
		kind: (name) => {
			const kind = rules.kind(name);
			return kind === null ? null : { ...kind, leaseMs };
		},
		ranges: rules.ranges.map((range) => ({ ...range, leaseMs })),
	};
}

const server = createRoomServer({ ...app, rules: (vars) => hurried(app.rules(vars)) });

export const ProbedRoom = server.RoomObject;

/** One that does everything and dies before it can acknowledge anything. */
function dying(batch: MessageBatch): MessageBatch {
	const messages = batch.messages.map(({ id, timestamp, body, attempts }) => {
		return { id, timestamp, body, attempts, ack: () => {}, retry: () => {} };
	});
	return { ...batch, queue: batch.queue, messages };
}

export default {
	async fetch(request, bindings, ctx) {
		const url = new URL(request.url);
		const [, door, room, ask] = url.pathname.split("/");
		if (door !== "probe" || room === undefined || ask !== "archive") return server.fetch(request, bindings, ctx);
		await ready(bindings.ARCHIVE);
		const { results } = await bindings.ARCHIVE.prepare(
			`select seq, epoch, at, member as "from", author, name, data from events where room = ? and seq > ? order by seq limit ?`,
		)
			.bind(room, Number(url.searchParams.get("after")), ARCHIVE_PAGE_ROWS)
			.all();
		return Response.json(results);
	},
	async queue(batch, bindings) {
		const fares = await (await fetch(`${DESK}/consumer`)).text();
		if (fares === "down") throw new Error("planted: the consumer is down");
		await server.queue(fares === "dying" ? dying(batch) : batch, bindings);
		if (fares === "dying") throw new Error("planted: the consumer died before it acknowledged");
	},
} satisfies ExportedHandler<Cloudflare.Env>;
