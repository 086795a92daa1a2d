/** G8: what has arrived waits as text, within its bounds, and one session's flood holds nobody else up. */
import { expect, test } from "vitest";
import { Inbox } from "../../src/durable/inbox.ts";
import {
	INBOX_ADDRESS_BYTES_MAX,
	INBOX_BYTES_MAX,
	INBOX_SESSION_BYTES_MAX,
	TURN_ADDRESS_EFFORT_MAX,
	TURN_ALONE_EFFORT_MAX,
	TURN_BYTES_MAX,
	TURN_EFFORT_MAX,
	TURN_JOINS_MAX,
	TURN_SESSION_EFFORT_MAX,
} from "../../src/protocol/limits.ts";
import type { Input } from "../../src/room/inputs.ts";

const KIB = 1024;
const frame = (session: string): Input => ({ type: "frame", session, messages: [] });
const weigh = (session: string, bytes: number, address: string | null = null) => ({
	messages: 1,
	bytes,
	effort: bytes,
	owner: { session, address },
});

/** Puts as many frames as the inbox takes; gives how many that were. */
function flood(inbox: Inbox, session: string, bytes: number, address: string | null = null): number {
	const weight = weigh(session, bytes, address);
	let count = 0;
	for (; count < 100_000 && !inbox.isFullFor(weight); count++) inbox.putText(weight, () => frame(session));
	return count;
}

const sessionsOf = (inputs: readonly Input[]): string[] =>
	inputs.map((input) => ("session" in input ? input.session : input.type));

test("one session has all of an idle inbox up to half, then no more than its share", () => {
	const inbox = new Inbox();
	expect(flood(inbox, "s1", 64 * KIB)).toBe(INBOX_BYTES_MAX / 2 / (64 * KIB));
	// Another one still has its share.
	expect(flood(inbox, "s2", 64 * KIB)).toBe(INBOX_SESSION_BYTES_MAX / (64 * KIB));
	expect(flood(inbox, "s2", 64 * KIB)).toBe(0);
});

test("the guests of one address have a share together", () => {
	const inbox = new Inbox();
	const sessions = Array.from({ length: 10 }, (_, n) => `s${n}`);
	for (const session of sessions) {
		for (let n = 0; n < 13; n++) inbox.putText(weigh(session, 64 * KIB, "a1"), () => frame(session));
	}
	expect(10 * 13 * 64 * KIB).toBeGreaterThan(INBOX_ADDRESS_BYTES_MAX);
	expect(flood(inbox, "s11", 64 * KIB, "a1")).toBe(0);
	expect(flood(inbox, "s12", 64 * KIB, "a2")).toBeGreaterThan(0);
});

test("what was taken makes room again", () => {
	const inbox = new Inbox();
	const first = flood(inbox, "s1", 64 * KIB);
	let taken = 0;
	while (inbox.length > 0) taken += inbox.take(1).length;
	expect(taken).toBe(first);
	expect(flood(inbox, "s1", 64 * KIB)).toBe(first);
});

test("where not all fits a turn, one session's flood waits for the others, and keeps its order", () => {
	const inbox = new Inbox();
	let n = 0;
	for (let i = 0; i < 50; i++) {
		const mine = n++;
		inbox.putText(weigh("flood", 64 * KIB), () => ({ type: "frame", session: `flood${mine}`, messages: [] }));
	}
	inbox.putText(weigh("victim", 100), () => frame("victim"));
	inbox.put({ type: "leave", session: "victim" });
	const first = sessionsOf(inbox.take(1));
	expect(first).toEqual(["flood0", "flood1", "victim", "victim"]);
	const rest: string[] = [];
	while (inbox.length > 0) rest.push(...sessionsOf(inbox.take(1)));
	expect(rest).toEqual(Array.from({ length: 48 }, (_, index) => `flood${index + 2}`));
	expect(50 * 64 * KIB).toBeGreaterThan(TURN_BYTES_MAX);
});

test("one who says little waits for no more than a turn, however many say much before it", () => {
	const inbox = new Inbox();
	for (let i = 0; i < 100; i++) {
		inbox.putText(weigh(`flood${i % 25}`, 64 * KIB, `a${i % 25}`), () => frame(`flood${i % 25}`));
	}
	for (let i = 0; i < 3; i++) inbox.putText(weigh("victim", 100), () => frame("victim"));
	const first = sessionsOf(inbox.take(1));
	expect(first.filter((name) => name === "victim")).toHaveLength(3);
	expect(first).toHaveLength(TURN_BYTES_MAX / (64 * KIB) - 1 + 3);
});

test("the oldest is in every turn: those who say little cannot keep one who says much out for ever", () => {
	const inbox = new Inbox();
	inbox.putText(weigh("little", 100), () => frame("little"));
	inbox.putText(weigh("much", 64 * KIB), () => frame("much"));
	let turns = 0;
	for (let taken: string[] = []; !taken.includes("much"); turns++) {
		// As many as fill a turn, each of somebody else.
		for (let i = 0; i < 300; i++) inbox.putText(weigh(`s${turns}-${i}`, 4 * KIB), () => frame("other"));
		taken = sessionsOf(inbox.take(1));
	}
	expect(turns).toBeLessThanOrEqual(2);
});

test("the guests of one address have a part of a turn together, and of the rest what others leave", () => {
	const inbox = new Inbox();
	for (let i = 0; i < 40; i++) inbox.putText(weigh(`s${i}`, 32 * KIB, "a1"), () => frame("guest"));
	for (let i = 0; i < 10; i++) inbox.putText(weigh("other", 32 * KIB, "a2"), () => frame("other"));
	const taken = sessionsOf(inbox.take(1));
	const others = TURN_SESSION_EFFORT_MAX / (32 * KIB);
	expect(taken.filter((name) => name === "other")).toHaveLength(others);
	expect(taken).toHaveLength(TURN_ALONE_EFFORT_MAX / (32 * KIB));
});

test("the guests of one address have no more than their part where others fill most of the turn", () => {
	const inbox = new Inbox();
	for (let i = 0; i < 40; i++) inbox.putText(weigh(`s${i}`, 32 * KIB, "a1"), () => frame("guest"));
	for (let i = 0; i < 20; i++) inbox.putText(weigh(`o${i}`, 32 * KIB), () => frame("other"));
	const taken = sessionsOf(inbox.take(1));
	expect(taken.filter((name) => name === "other")).toHaveLength(20);
	expect(taken.filter((name) => name === "guest")).toHaveLength(TURN_ADDRESS_EFFORT_MAX / (32 * KIB));
});

test("of guests of one address, too, each is heard in the order in which it spoke", () => {
	const inbox = new Inbox();
	const said: string[] = [];
	for (let i = 0; i < 400; i++) {
		const session = `s${i % 20}`;
		inbox.putText(weigh(session, (i % 7 === 0 ? 40 : 2) * KIB, "a1"), () => frame(`${session} ${i}`));
	}
	while (inbox.length > 0) said.push(...sessionsOf(inbox.take(1)));
	expect(said).toHaveLength(400);
	for (let n = 0; n < 20; n++) {
		const theirs = said.flatMap((each) => (each.startsWith(`s${n} `) ? [Number(each.slice(3))] : []));
		expect(theirs).toEqual(theirs.toSorted((a, b) => a - b));
	}
});

test("a turn takes no more than it can decode in its time, though there is room in it for more text", () => {
	const inbox = new Inbox();
	const dear = { messages: 1, bytes: KIB, effort: 100 * KIB };
	for (let i = 0; i < 20; i++) inbox.putText({ ...dear, owner: { session: `s${i}`, address: null } }, () => frame("s"));
	expect(inbox.take(1)).toHaveLength(Math.floor(TURN_EFFORT_MAX / (100 * KIB)));
});

test("a session whose one frame is more than its part of a turn has its turn all the same", () => {
	const inbox = new Inbox();
	const dear = { messages: 1, bytes: KIB, effort: 2 * TURN_SESSION_EFFORT_MAX };
	for (let i = 0; i < 10; i++) {
		inbox.putText({ ...dear, owner: { session: `s${i % 2}`, address: null } }, () => frame(`s${i % 2}`));
	}
	expect(sessionsOf(inbox.take(1))).toEqual(["s0", "s1"]);
});

test("a session's leaving comes after all that it said", () => {
	const inbox = new Inbox();
	for (let i = 0; i < 40; i++) inbox.putText(weigh("s1", 64 * KIB), () => frame("s1"));
	inbox.put({ type: "leave", session: "s1" });
	const types: string[] = [];
	while (inbox.length > 0) types.push(...inbox.take(1).map(({ type }) => type));
	expect(types).toEqual([...Array(40).fill("frame"), "leave"]);
});

const join = (n: number): Input => ({
	...{ type: "join", session: `s${n}`, member: `m${n}`, name: "M", can: [] },
	...{ since: null, history: 0, resume: null },
});

test("a turn takes no more joins than it can welcome", () => {
	const inbox = new Inbox();
	for (let n = 0; n < TURN_JOINS_MAX * 2 + 1; n++) inbox.put(join(n));
	expect(inbox.take(1)).toHaveLength(TURN_JOINS_MAX);
	expect(inbox.take(1)).toHaveLength(TURN_JOINS_MAX);
	expect(inbox.take(1)).toHaveLength(1);
});

test("who is in does not wait for the joins of a crowd, and who joins is heard after its own join", () => {
	const inbox = new Inbox();
	for (let n = 0; n < TURN_JOINS_MAX * 2; n++) inbox.put(join(n));
	const late = `s${TURN_JOINS_MAX * 2 - 1}`;
	inbox.putText(weigh(late, 100), () => frame(late));
	inbox.putText(weigh("victim", 100), () => frame("victim"));
	const first = inbox.take(1);
	expect(first).toHaveLength(TURN_JOINS_MAX + 1);
	expect(sessionsOf(first).at(-1)).toBe("victim");
	expect(inbox.take(1).map(({ type }) => type)).toEqual([...Array(TURN_JOINS_MAX).fill("join"), "frame"]);
	expect(inbox.length).toBe(0);
});
