/**
 * The room's own Worker with a second door, `/probe/{room}/…`: how often the object was woken, what
 * its storage holds, and faults to plant. The room's code knows nothing of it.
 */
import worker, { RoomObject } from "../../../src/index.ts";

let failNextSend = false;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (message) {
	if (failNextSend && typeof message === "string" && message.includes('"event"')) {
		failNextSend = false;
		throw new Error("planted after the commit");
	}
	send.call(this, message);
};

/** A queue that never takes anything: what is owed stays owed. */
const BROKEN = {
	sendBatch: async () => {
		throw new Error("planted: the queue is broken");
	},
} as unknown as Queue;

const wakes = new Map<string, number>();

export class ProbedRoom extends RoomObject {
	constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
		super(ctx, { ...env, JOBS: BROKEN });
		const room = ctx.id.name ?? "";
		wakes.set(room, (wakes.get(room) ?? 0) + 1);
	}

	wakes(): number {
		return wakes.get(this.ctx.id.name ?? "") ?? 0;
	}

	/** What its sockets were given and have not taken, in bytes: the fullest one's, and of all together, closing ones included. */
	buffers(): { most: number; all: number } {
		const buffers = this.ctx.getWebSockets().map((socket) => socket.bufferedAmount ?? 0);
		return { most: Math.max(0, ...buffers), all: buffers.reduce((sum, bytes) => sum + bytes, 0) };
	}

	/** Rows of every table together. */
	rows(): number {
		const tables = this.ctx.storage.sql
			.exec<{ name: string }>(
				"select name from sqlite_master where type = 'table' and name not like '\\_%' escape '\\'",
			)
			.toArray();
		return tables.reduce(
			(sum, { name }) =>
				sum + this.ctx.storage.sql.exec<{ n: number }>(`select count(*) + 1 as n from "${name}"`).one().n,
			0,
		);
	}

	/** Makes the store refuse, in the middle of its transaction, every event that holds the word. */
	poison(word: string): void {
		this.ctx.storage.sql.exec(
			`create trigger poison before insert on events when new.body like '%${word}%' begin select raise(abort, 'planted'); end`,
		);
	}

	failNextSend(): void {
		failNextSend = true;
	}
}

export default {
	async fetch(request: Request, env: Cloudflare.Env, ctx: ExecutionContext): Promise<Response> {
		const [, door, room, ask, word] = new URL(request.url).pathname.split("/");
		if (door !== "probe" || room === undefined) return worker.fetch(request, env, ctx);
		const probed = env.ROOMS.getByName(room) as unknown as DurableObjectStub<ProbedRoom>;
		switch (ask) {
			case "wakes":
				return Response.json(await probed.wakes());
			case "woken":
				// Without a call to the object, which would wake it.
				return Response.json(wakes.get(room) ?? 0);
			case "buffers":
				return Response.json(await probed.buffers());
			case "rows":
				return Response.json(await probed.rows());
			case "poison":
				return Response.json((await probed.poison(word ?? "")) ?? null);
			case "fail-next-send":
				return Response.json((await probed.failNextSend()) ?? null);
			default:
				return new Response(null, { status: 404 });
		}
	},
};
