/** Every operation of the OpenAPI document is asked once, as whom it is for, and answers as it is written there. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { BareClient } from "../support/bare-client.ts";
import { type BuiltServer, builtServer } from "../support/built-server.ts";
import { documentedFetch, type Fetch } from "./documented.ts";

const KEY = "an-operator-key";
let server: BuiltServer;
let ask: Fetch;
beforeAll(async () => {
	server = await builtServer({ OPERATOR_KEY: KEY });
	ask = await documentedFetch(server.url);
});
afterAll(() => server.dispose());

/** What speaks of one job, session or entry. */
const ONE = /\/(jobs|sessions|state)\/[^/]+.*/;
const operator = { Authorization: `Bearer ${KEY}` };

test("every documented operation answers as the document says", async () => {
	const room = `${server.url}/rooms/documented`;
	const asked = new Set<string>();
	const call = async (status: number, method: string, path: string, body?: unknown, headers = operator) => {
		const response = await ask(path.startsWith("/") ? server.url + path : room + path.slice(1), {
			method,
			headers: { ...headers, "Idempotency-Key": `k${asked.size}` },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		expect(response.status, `${method} ${path}`).toBe(status);
		asked.add(`${method.toLowerCase()} ${path.replace(/\?.*/, "")}`);
		return response.status === 204 ? null : ((await response.json()) as Record<string, unknown>);
	};
	const ada = await BareClient.join(`${room}?name=Ada`);
	ada.send({ type: "presence", state: { mood: "good" } });
	await call(201, "POST", "./events", { name: "chat", data: { text: "see https://example.invalid/x" } });
	await call(400, "POST", "./events", { name: "room.x", data: 1 });
	await call(200, "GET", ".");
	await call(200, "GET", "./events?limit=1");
	await call(410, "GET", "./events?epoch=other");
	await call(200, "GET", "./members");
	const { jobs } = (await call(200, "GET", "./jobs")) as { jobs: { job: string; name: string }[] };
	const unfurl = jobs.find(({ name }) => name === "unfurl");
	await call(200, "GET", `./jobs/${unfurl?.job}`);
	await call(404, "GET", "./jobs/none-1");
	await call(404, "POST", "./jobs/none-1/replay");
	const asJson = { ...operator, "Content-Type": "application/json" };
	await call(404, "POST", "./sessions/none", { type: "received", jobs: [] }, asJson);
	await call(201, "PUT", "./state/topic", "tea", asJson);
	await call(412, "PUT", "./state/topic", "coffee", { ...asJson, "If-None-Match": "*" } as typeof asJson);
	await call(200, "GET", "./state/topic");
	await call(404, "GET", "./state/none");
	await call(200, "GET", "./state?limit=1");
	await call(204, "DELETE", "./state/topic");
	await call(200, "GET", "/rooms");
	await call(200, "GET", "/archive/search?q=see");
	await call(400, "GET", "/archive/search");
	await call(200, "GET", "/dead-letters");
	await call(204, "POST", "./moderation", { action: "redact", seq: 1 });
	await call(404, "POST", "./moderation", { action: "redact", seq: 99 });
	await call(400, "POST", "./moderation", { action: "dance" });
	await call(204, "POST", "./moderation", { action: "erase", member: "nobody" });
	// A redacted event is an event like any other.
	await call(200, "GET", "./events");
	await call(200, "GET", "/health");
	await call(204, "DELETE", ".");
	const refused = { Authorization: "Bearer no-key" };
	for (const path of ["/rooms", "/dead-letters", "/archive/search?q=x", "./jobs", ".", "./events", "./members"]) {
		await call(401, "GET", path, undefined, refused);
	}
	const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: Record<string, object> };
	const documented = Object.entries(document.paths).flatMap(([path, item]) =>
		Object.keys(item)
			.filter((key) => key !== "parameters")
			.map((method) => `${method} ${path.replace("/rooms/{room}", ".").replace(ONE, "/$1/…")}`),
	);
	const plain = [...asked].map((each) => each.replace(ONE, "/$1/…"));
	expect(new Set(plain)).toEqual(new Set(documented));
});
