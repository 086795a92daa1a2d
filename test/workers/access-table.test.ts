/** Every route, and every kind of caller: the answer is the one that is written, and where none is, a refusal (G10). */
import { reset } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openApi } from "../../src/edge/openapi.ts";
import { createRoutes } from "../../src/edge/routes.ts";
import { type LoginKey, loginKey } from "../mint.ts";
import { ROWS, type Row } from "./access-table.ts";
import { bringUpArchive } from "./archive-tables.ts";
import { type CallerKind, CROSS_SITE, credentialsOf, KINDS, marksOf, PAGE, REFUSALS, VARS } from "./callers.ts";
import { doorWith, problemOf } from "./door.ts";

const call = doorWith(VARS);
const { routes } = createRoutes({});

let rsa: LoginKey;
let stranger: LoginKey;
beforeAll(async () => {
	[rsa, stranger] = await Promise.all([loginKey("RS256", "login"), loginKey("RS256", "stranger")]);
	vi.stubGlobal("fetch", async () => Response.json({ keys: [rsa.jwk] }));
});
afterAll(() => vi.unstubAllGlobals());
// Each row has rooms of its own: what one member reads for several of them is more than its bucket holds.
beforeEach(bringUpArchive);
afterEach(reset);

const served = (row: Row, kind: CallerKind): string | undefined => {
	if (kind === "member by a login" || kind === "member from a listed page") return row.serves.member;
	if (kind === "operator from a foreign origin" && row.isWrite !== true) return row.serves.operator;
	if (kind === "cookie without origin") return row.serves["browser without origin"];
	return row.serves[kind];
};

function expected(row: Row, kind: CallerKind): string {
	if (row.isPublic === true) return "200";
	if (row.isWrite === true && CROSS_SITE.has(kind)) return "403 origin_refused";
	const isKey = kind.startsWith("operator");
	return served(row, kind) ?? (row.isOperators === true && !isKey ? "401 unauthorized" : REFUSALS[kind]);
}

async function ask(row: Row, kind: CallerKind, door = call): Promise<Response> {
	const credentials = await credentialsOf(kind, rsa, stranger);
	const [method = "GET"] = row.route.split(" ");
	const scheme = kind === "no bearer" ? "Basic" : "Bearer";
	return door(row.path, {
		method,
		headers: {
			...(credentials === null ? {} : { Authorization: `${scheme} ${credentials}` }),
			...(row.body === undefined
				? {}
				: { "Content-Type": "application/json", "Idempotency-Key": `as one with ${kind}`.slice(0, 64) }),
			...marksOf(kind),
		},
		...(row.body === undefined ? {} : { body: JSON.stringify(row.body) }),
	});
}

/** A path without what says which characters a part of it may hold. */
const plain = (path: string): string => path.replace("{.+}", "");

test("G10 every route of the Worker has its row in the table", () => {
	const listed = routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${plain(path)}`);
	expect(new Set(listed)).toEqual(new Set(ROWS.map(({ route }) => route)));
});

test("[X-1] every route stands in the OpenAPI document, and nothing else does", () => {
	const { paths } = openApi() as { paths: Record<string, object> };
	const documented = Object.entries(paths).flatMap(([path, item]) =>
		Object.keys(item)
			.filter((key) => key !== "parameters")
			.map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`),
	);
	expect(new Set([...documented, "GET /openapi.json"])).toEqual(new Set(ROWS.map(({ route }) => route)));
});

test.each(ROWS)("G10 $route at $path", async (row) => {
	const faults = vi.spyOn(console, "error");
	const answers: Partial<Record<CallerKind, string>> = {};
	for (const kind of KINDS) {
		const response = await ask(row, kind);
		const isListed = kind === "member from a listed page";
		// A page of another origin may be answered; it may not read the answer.
		expect(response.headers.get("Access-Control-Allow-Origin"), kind).toBe(isListed ? PAGE : null);
		answers[kind] = await problemOf(response);
	}
	expect(answers).toEqual(Object.fromEntries(KINDS.map((kind) => [kind, expected(row, kind)])));
	// Nothing of all this is a fault of the server's.
	expect(faults).not.toHaveBeenCalled();
});

test.each(ROWS.filter(({ isOperators }) => isOperators === true))(
	"G10 $route without an OPERATOR_KEY is `not_configured`, whatever key is sent",
	async (row) => {
		for (const keys of [undefined, "", " , ,"]) {
			const door = doorWith({ ...VARS, OPERATOR_KEY: keys });
			for (const kind of ["no token", "operator", "a comma for an operator key", "member"] as const) {
				expect(await problemOf(await ask(row, kind, door))).toBe("403 not_configured");
			}
		}
	},
);

test("G10 without TOKEN_SECRET or keys of a login no token opens anything", async () => {
	for (const vars of [{}, { TOKEN_SECRET: "" }]) {
		const door = doorWith({ ACCESS: "token", ...vars });
		for (const kind of KINDS) {
			const [row] = ROWS as [Row];
			expect(await problemOf(await ask(row, kind, door)), kind).toBe("401 unauthorized");
		}
	}
});

const patterns = routes.filter(({ method, path }) => method === "ALL" && path !== "/*").map(({ path }) => plain(path));

test.each(patterns)("what %s does not take is 405 and says what it does", async (pattern) => {
	const served = routes.filter(({ method, path }) => method !== "ALL" && plain(path) === pattern);
	const taken = [
		...new Set(served.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]))),
		"OPTIONS",
	];
	const path = pattern.replace(":room", "team-a").replace(":job", "none-1").replace(":key", "none");
	for (const method of ["PUT", "PATCH", "POST", "DELETE", "PROPFIND"].filter((each) => !taken.includes(each))) {
		const response = await call(path, { method });
		expect(response.headers.get("Allow")?.split(", ").toSorted()).toEqual(taken.toSorted());
		expect(await problemOf(response)).toBe("405 method_not_allowed");
	}
});
