/**
 * The room with a door for the harness of costs, `/probe/{room}/{ask}`: what its turns cost, what is prepared in its
 * store, and an alarm on demand. Its queue takes everything and brings nothing back; its archive is an object's SQLite.
 */
import { defineApp } from "../../../../src/jobs/define.ts";
import { moderate } from "../../../../src/jobs/moderate.ts";
import { unfurl } from "../../../../src/jobs/unfurl.ts";
import { createRoomServer } from "../../../../src/server.ts";
import { countRows, MeteredPlatform, readCost, takeCost, timed } from "./meter.ts";
import type { Preparation } from "./preparation.ts";
import { PREPARED_EPOCH, prepare } from "./prepare.ts";
import { RULED } from "./ruled.ts";

const server = createRoomServer(
	defineApp({
		events: {
			chat: { from: "members", starts: ["unfurl"] },
			post: { from: "members", hold: "moderate" },
			unchecked: { from: "members", hold: "moderate", unchecked: "publish" },
			remark: { from: "members", review: "moderate" },
			...RULED,
			"*": { from: "members" },
		},
		state: { "*": { write: "members" } },
		kinds: [unfurl, moderate],
		ranges: [],
	}),
);

type Row = Record<string, SqlStorageValue>;

export class ProbedRoom extends server.RoomObject {
	static readonly surround = (...given: ConstructorParameters<typeof MeteredPlatform>): MeteredPlatform =>
		new MeteredPlatform(...given);

	constructor(ctx: DurableObjectState, bindings: Cloudflare.Env) {
		countRows(ctx.storage);
		super(ctx, { ...bindings, JOBS: { sendBatch: async () => {} } as unknown as Queue });
	}

	override webSocketMessage(socket: WebSocket, text: string | ArrayBuffer): void {
		timed("message", () => super.webSocketMessage(socket, text));
	}

	override webSocketClose(...given: [WebSocket, number, string, boolean]): void {
		timed("close", () => super.webSocketClose(...given));
	}

	override webSocketError(socket: WebSocket): void {
		timed("error", () => super.webSocketError(socket));
	}

	/** As the platform would. */
	async ring(): Promise<void> {
		timed("alarm", () => void this.alarm());
	}

	/** As the consumer of a queue would that brings everything back at once: all checks say yes. */
	async clear(jobs: number): Promise<void> {
		const epoch = PREPARED_EPOCH;
		const outcome = { state: "done", result: { verdict: "clear" } } as const;
		await Promise.all(Array.from({ length: jobs }, (_, i) => this.settleJob(epoch, `${epoch}-${i + 1}`, 1, outcome)));
	}

	async prepare(preparation: Preparation): Promise<void> {
		await prepare(this.ctx.storage, preparation);
	}

	/** What is in memory is woken again from what was prepared. */
	restart(): void {
		this.ctx.abort("prepared");
	}

	query(statement: string, bindings: SqlStorageValue[]): Row[] {
		return this.ctx.storage.sql.exec(statement, ...bindings).toArray();
	}
}

type Probed = DurableObjectStub<ProbedRoom>;

interface Statement {
	run(): Promise<{ results: Row[] }>;
}

/** As much of D1 as a search wants. */
function archiveOf(env: Cloudflare.Env): D1Database {
	const object = env.ROOMS.getByName("archive") as unknown as Probed;
	const prepared = (statement: string, ...bindings: SqlStorageValue[]) => {
		const run = async () => ({ results: (await object.query(statement, bindings)) as Row[] });
		return { run, all: run, bind: (...values: SqlStorageValue[]) => prepared(statement, ...values) };
	};
	const batch = async (statements: Statement[]): Promise<{ results: Row[] }[]> => {
		const results: { results: Row[] }[] = [];
		for (const statement of statements) results.push(await statement.run());
		return results;
	};
	return { prepare: prepared, batch } as unknown as D1Database;
}

export default {
	async fetch(request: Request, env: Cloudflare.Env, ctx: ExecutionContext): Promise<Response> {
		const [, door, room, ask] = new URL(request.url).pathname.split("/");
		if (door !== "probe" || room === undefined) {
			return server.fetch(request, { ...env, ARCHIVE: archiveOf(env) }, ctx);
		}
		const probed = env.ROOMS.getByName(room) as unknown as Probed;
		switch (ask) {
			case "cost":
				return Response.json(readCost());
			case "take-cost":
				return Response.json(takeCost());
			case "ring":
				return Response.json((await probed.ring()) ?? null);
			case "clear":
				return Response.json((await probed.clear(Number(new URL(request.url).searchParams.get("jobs")))) ?? null);
			case "prepare":
				return Response.json((await probed.prepare(await request.json<Preparation>())) ?? null);
			case "restart":
				return Response.json(await probed.restart().catch(() => null));
			default:
				return new Response(null, { status: 404 });
		}
	},
};
