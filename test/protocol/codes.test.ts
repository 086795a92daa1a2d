/** The stable codes: clients are built on them. */
import { expect, test } from "vitest";
import {
	CLOSE,
	closeCodeOfRefusedJoin,
	HTTP_STATUS,
	isAppCode,
	statusOf,
	stopsClient,
} from "../../src/protocol/codes.ts";

test("[C-1] the close codes are what they were, and their range says what a client does", () => {
	expect(CLOSE).toEqual({
		restarting: 4000,
		tooSlow: 4001,
		heartbeatLost: 4002,
		tokenRefused: 4003,
		busy: 4004,
		removed: 4500,
		banned: 4501,
		wiped: 4502,
		violated: 4503,
		forbidden: 4504,
		replaced: 4505,
	});
	for (const code of [1000, 1001, 1006, 4000, 4499, 5000]) expect(stopsClient(code)).toBe(false);
	for (const code of [4500, 4506, 4999]) expect(stopsClient(code)).toBe(true);
});

test.each([
	["bad_room", 400, 4504],
	["bad_request", 400, 4504],
	["unauthorized", 401, 4003],
	["origin_refused", 403, 4504],
	["forbidden", 403, 4504],
	["banned", 403, 4501],
	["room_locked", 403, 4504],
	["rate_limited", 429, 4004],
	["room_full", 503, 4004],
	["newer_schema", 503, 4004],
] as const)("a join refused as %s is HTTP %d, or a close %d", (code, status, closeCode) => {
	expect(HTTP_STATUS[code]).toBe(status);
	expect(closeCodeOfRefusedJoin(code)).toBe(closeCode);
});

test("every code has a status that is an error", () => {
	const wire =
		"malformed unknown_type invalid too_large rate_limited overloaded forbidden reserved_name conflict id_reused unknown_job too_many_jobs not_found binary_reserved rejected state_full internal";
	const http =
		"bad_room bad_request unauthorized origin_refused banned room_locked room_full newer_schema method_not_allowed upgrade_required not_configured trimmed precondition_failed";
	expect(Object.keys(HTTP_STATUS).sort()).toEqual(`${wire} ${http}`.split(" ").sort());
	for (const status of Object.values(HTTP_STATUS)) expect(status).toBeGreaterThanOrEqual(400);
});

test("what an app's rule refuses is 422, whatever it is called", () => {
	expect(statusOf("app.not_your_turn")).toBe(422);
	expect(statusOf("conflict")).toBe(409);
	expect(isAppCode("app.taken") && !isAppCode("application") && !isAppCode("invalid")).toBe(true);
});
