/** `fetch` that holds each answer against the server's own OpenAPI document: status, type and body must be written there. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "vitest";

interface Answer {
	content?: Record<string, { schema: { $ref: string } }>;
}
interface Document {
	paths: Record<string, Record<string, { responses: Record<string, Answer> }>>;
}

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

const PROBLEM = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

/** Answers of addresses that the document does not know can be refusals only. */
export async function documentedFetch(server: string): Promise<Fetch> {
	const document = (await (await fetch(`${server}/openapi.json`)).json()) as Document;
	const ajv = new Ajv2020({ strict: false, allErrors: true });
	ajv.addSchema(document, "document");
	const paths = Object.keys(document.paths).map((path) => ({
		path,
		pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
	}));

	const answerOf = (path: string, method: string, status: number): Answer => {
		const known = paths.find(({ pattern }) => pattern.test(path));
		const operation = known === undefined ? undefined : document.paths[known.path]?.[method.toLowerCase()];
		const answer = operation?.responses[status] ?? operation?.responses.default;
		return answer ?? { content: status >= 400 ? PROBLEM : {} };
	};

	return async (url, init = {}) => {
		const response = await fetch(url, init);
		const { pathname } = new URL(url);
		const what = `${init.method ?? "GET"} ${pathname}: ${response.status}`;
		const { content } = answerOf(pathname, init.method ?? "GET", response.status);
		const text = await response.clone().text();
		if (content === undefined) {
			expect(text, `${what} has no body`).toBe("");
			return response;
		}
		const [type = ""] = (response.headers.get("Content-Type") ?? "").split(";");
		expect(Object.keys(content), `${what} is of a documented type`).toContain(type);
		const validate = ajv.getSchema(`document${content[type]?.schema.$ref}`);
		const body: unknown = JSON.parse(text);
		validate?.(body);
		expect(validate?.errors ?? [], `${what} ${text.slice(0, 300)}`).toEqual([]);
		if (response.status >= 400) expect(body).toMatchObject({ status: response.status });
		return response;
	};
}
