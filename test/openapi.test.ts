/** The document of the HTTP API: valid OpenAPI 3.1, and about the routes that there are. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { openApi } from "../src/edge/openapi.ts";
import { HTTP_STATUS } from "../src/protocol/codes.ts";

type Operation = {
	summary?: string;
	parameters?: { name: string; in: string; schema: Record<string, unknown> }[];
	responses: Record<string, unknown>;
	security?: Record<string, unknown>[];
};
type Path = { parameters?: Operation["parameters"] } & Record<string, Operation>;

const document = JSON.parse(JSON.stringify(openApi())) as {
	openapi: string;
	servers: { url: string }[];
	security: Record<string, unknown>[];
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

	test("says of `limit` what the server takes: 1 to 200", () => {
		for (const { name, schema } of parameters) {
			if (name === "limit") expect(schema).toMatchObject({ type: "integer", minimum: 1, maximum: 200 });
		}
	});
});

test("every reference leads to a schema, and every schema is referred to", () => {
	const references = JSON.stringify(document.paths).matchAll(/"#\/components\/schemas\/(\w+)"/g);
	const used = new Set([...references].map(([, name]) => name));
	expect(used).toEqual(new Set(Object.keys(document.components.schemas)));
	expect(JSON.stringify(document.components)).not.toContain("#/$defs");
});

test("a problem's codes are all that there are", () => {
	const { code } = (document.components.schemas.Problem as { properties: { code: { enum: string[] } } }).properties;
	expect(code.enum.toSorted()).toEqual(Object.keys(HTTP_STATUS).toSorted());
});
