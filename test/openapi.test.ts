/** The document of the HTTP API: valid OpenAPI 3.1, and about the routes that there are. */
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { openApi } from "../src/edge/openapi.ts";
import { HTTP_STATUS } from "../src/protocol/codes.ts";

type Media = { schema: { $ref: string }; example?: unknown };
type Operation = {
	operationId?: string;
	tags?: string[];
	summary?: string;
	description?: string;
	requestBody?: { content: Record<string, Media> };
	parameters?: { name: string; in: string; schema: Record<string, unknown> }[];
	responses: Record<string, { description: string; content?: Record<string, Media> }>;
	security?: Record<string, unknown>[];
};
type Path = { parameters?: Operation["parameters"] } & Record<string, Operation>;

const document = JSON.parse(JSON.stringify(openApi())) as {
	openapi: string;
	servers: { url: string }[];
	security: Record<string, unknown>[];
	tags: { name: string }[];
	paths: Record<string, Path>;
	components: { schemas: Record<string, Record<string, unknown>>; securitySchemes: Record<string, unknown> };
};
const METHODS = ["get", "post", "put", "delete", "patch"];
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
	METHODS.filter((method) => method in item).map((method) => ({
		path,
		method,
		operation: item[method] as Operation,
		parameters: [...(item.parameters ?? []), ...(item[method]?.parameters ?? [])],
	})),
);

test("it is valid OpenAPI 3.1", async () => {
	const validator = new Validator();
	const { valid, errors } = await validator.validate(document as unknown as Record<string, unknown>);
	expect(errors ?? []).toEqual([]);
	expect([valid, validator.version]).toEqual([true, "3.1"]);
	expect(document.servers).toEqual([{ url: "/" }]);
});

/**
 * Redocly's linter brings 20 packages. Spectral's brings some 240 for the same purpose, so it is asked by hand, after a
 * change of the document: `npx @stoplight/spectral-cli lint` with `extends: ["spectral:oas"]` finds nothing (6.16.3).
 */
test("its own linter finds nothing to warn of", async () => {
	const config = await createConfig({ extends: ["recommended"] });
	const problems = await lintFromString({ source: JSON.stringify(document), config });
	expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
});

/** What generators of clients name their functions by. */
test("each operation has a name of its own, and a tag that there is", () => {
	const names = operations.map(({ operation }) => operation.operationId);
	expect(new Set(names).size).toBe(names.length);
	for (const name of names) expect(name).toMatch(/^[a-z]+[A-Z][A-Za-z]+$/);
	const tags = document.tags.map(({ name }) => name);
	for (const { operation } of operations) expect(tags).toEqual(expect.arrayContaining(operation.tags ?? ["none"]));
});

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(document, "document");

describe.each(operations)("$method $path", ({ path, method, operation, parameters }) => {
	test("names each part of its path, and answers refusals", () => {
		const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
		expect(parameters.filter((each) => each.in === "path").map(({ name }) => name)).toEqual(inPath);
		expect(operation.summary).toEqual(expect.any(String));
		if (path !== "/health") expect(operation.responses).toHaveProperty("default");
		for (const name of (operation.security ?? document.security).flatMap((each) => Object.keys(each))) {
			expect(document.components.securitySchemes).toHaveProperty(name);
		}
		expect(METHODS).toContain(method);
	});

	test("says what it is for, and shows each of its bodies by an example that is one", () => {
		expect(operation.description).toMatch(/\.$/);
		expect(Object.keys(operation.responses).filter((status) => /^4/.test(status))).not.toEqual([]);
		const bodies = [operation.requestBody, ...Object.values(operation.responses)];
		for (const { schema, example } of bodies.flatMap((each) => Object.values(each?.content ?? {}))) {
			const validate = ajv.getSchema(`document${schema.$ref}`);
			validate?.(example);
			expect(validate?.errors, JSON.stringify(example)).toBeNull();
		}
		for (const [status, { content }] of Object.entries(operation.responses)) {
			const problem = content?.["application/problem+json"]?.example;
			if (problem !== undefined && status !== "default") expect(problem).toMatchObject({ status: Number(status) });
		}
	});

	test("says of `limit` what the server takes: 1 to 200", () => {
		for (const { name, schema } of parameters) {
			if (name === "limit") expect(schema).toMatchObject({ type: "integer", minimum: 1, maximum: 200 });
		}
	});
});

test("every reference leads to a schema, and every schema is referred to", () => {
	const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
	const used = new Set([...references].map(([, name]) => name));
	expect(used).toEqual(new Set(Object.keys(document.components.schemas)));
	expect(JSON.stringify(document.components)).not.toContain("#/$defs");
});

test("a problem's codes are all that there are, and those that an app's rules give", () => {
	type Code = { anyOf: [{ enum: string[] }, { pattern: string }] };
	const { code } = (document.components.schemas.Problem as { properties: { code: Code } }).properties;
	const [own, ofRules] = code.anyOf;
	expect(own.enum.toSorted()).toEqual(Object.keys(HTTP_STATUS).toSorted());
	expect("app.not_your_turn").toMatch(new RegExp(ofRules.pattern));
	expect("application").not.toMatch(new RegExp(ofRules.pattern));
});

test("events and members have names, wherever they stand, so that a generated client has one type of each", () => {
	const { EventsPage, MembersPage } = document.components.schemas as Record<
		string,
		{ properties: Record<string, { items: unknown }> }
	>;
	expect(EventsPage?.properties.events?.items).toEqual({ $ref: "#/components/schemas/Event" });
	expect(MembersPage?.properties.members?.items).toEqual({ $ref: "#/components/schemas/Member" });
});

test("its patterns are understood where there are no classes of Unicode", () => {
	for (const [, pattern] of JSON.stringify(document).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)) {
		expect(JSON.parse(pattern ?? "")).not.toMatch(/\\[pPu]\{/);
	}
});
