/** Cloudflare's API as a new account sees it: nothing is there, and what is created is noted. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

interface Call {
	method: string;
	path: string;
	body: string;
}

export class EmptyAccount {
	readonly calls: Call[] = [];
	readonly queues: { queue_id: string; queue_name: string }[] = [];
	readonly databases: { uuid: string; name: string }[] = [];
	#hasScript = false;
	readonly #server: Server;

	private constructor() {
		this.#server = createServer((request, response) => {
			const parts: Buffer[] = [];
			request.on("data", (part: Buffer) => parts.push(part));
			request.on("end", () => {
				const { pathname, searchParams } = new URL(request.url ?? "", "http://api");
				const path = pathname.replace(/^\/accounts\/[^/]+/, "");
				const call = { method: request.method ?? "", path, body: Buffer.concat(parts).toString() };
				this.calls.push(call);
				const result = this.#answer(call, searchParams);
				response.writeHead(result === undefined ? 404 : 200, { "Content-Type": "application/json" });
				const errors =
					result === undefined
						? [{ code: path.startsWith("/d1/") ? 7404 : 10007, message: "This does not exist." }]
						: [];
				response.end(JSON.stringify({ success: result !== undefined, errors, messages: [], result: result ?? null }));
			});
		});
	}

	static async open(): Promise<EmptyAccount> {
		const account = new EmptyAccount();
		await new Promise<void>((resolve) => account.#server.listen(0, "127.0.0.1", resolve));
		return account;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	close(): void {
		this.#server.closeAllConnections();
		this.#server.close();
	}

	/** The bodies of what was sent to these addresses. */
	sent(method: string, path: RegExp): string[] {
		return this.calls.filter((call) => call.method === method && path.test(call.path)).map(({ body }) => body);
	}

	/** The result of a call; undefined where there is nothing. */
	#answer({ method, path, body }: Call, query: URLSearchParams): unknown {
		const asked = `${method} ${path}`;
		if (asked === "GET /queues") {
			const name = query.get("name");
			return this.queues.filter(({ queue_name }) => name === null || queue_name === name);
		}
		if (asked === "POST /queues") {
			const { queue_name } = JSON.parse(body) as { queue_name: string };
			const queue = { queue_id: `queue-${queue_name}`, queue_name, consumers: [], producers: [] };
			this.queues.push(queue);
			return queue;
		}
		if (asked === "GET /d1/database") return this.databases;
		if (asked === "POST /d1/database") {
			const { name } = JSON.parse(body) as { name: string };
			const database = { uuid: "00000000-0000-4000-8000-000000000001", name };
			this.databases.push(database);
			return database;
		}
		if (path.endsWith("/assets-upload-session")) return { jwt: "token", buckets: [] };
		if (method === "PUT" && /^\/workers\/scripts\/[^/]+$/.test(path)) {
			this.#hasScript = true;
			return { id: "rotunda", etag: "e", startup_time_ms: 1, deployment_id: "d" };
		}
		if (/^POST \/queues\/[^/]+\/consumers$/.test(asked)) return { consumer_id: "c" };
		if (/^GET \/queues\/[^/]+\/consumers$/.test(asked)) return [];
		if (asked === "GET /workers/subdomain") return { subdomain: "someone" };
		if (path.endsWith("/subdomain")) return { enabled: true, previews_enabled: false };
		if (/^(GET|PATCH) \/workers\/workers\/[^/]+$/.test(asked))
			return { id: "worker", name: "rotunda", subdomain: { enabled: true, previews_enabled: false } };
		if (path.endsWith("/schedules")) return { schedules: [] };
		if (path.endsWith("/secrets") || path.endsWith("/deployments")) return this.#hasScript ? [] : undefined;
		return undefined;
	}
}
