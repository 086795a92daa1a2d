/**
 * G8 on the real object: generated frames that no legal client can send, from several sockets at once, and honest
 * members beside them. `HOSTILE_FRAMES=1000000 npx vitest run --project e2e test/e2e/hostile.test.ts` sends a million;
 * `HOSTILE_SEED` draws others.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../simulation/random.ts";
import { Engine } from "../support/engine.ts";
import { frameOf, OPCODE } from "../support/frames.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { type Runtime, runtime } from "../support/runtime.ts";
import { until } from "../support/until.ts";
import { Attacker, Tally } from "./attacker.ts";
import { giants, type HostileFrame } from "./hostile-frames.ts";
import { Witness } from "./witness.ts";

const FRAMES = Number(process.env.HOSTILE_FRAMES ?? 3_000);
/** So many of them go to a room with rules. */
const RULED_FRAMES = Math.ceil(FRAMES / 3);
const SEED = Number(process.env.HOSTILE_SEED ?? 6);
const ATTACKERS = 4;
const WITNESSES = 3;
/** A thousand frames take a few seconds on a busy machine. */
const TIME_MS_MAX = 120_000 + FRAMES * 5;
/**
 * How much more the process may hold after all frames than after the first tenth of them. By then it has met each kind
 * and the largest frames that there are, so what its heap, its allocator and SQLite keep for good they keep already;
 * what is kept of each frame or session grows with them nine times as much again. 64 MiB is half of what the platform
 * grants an object, twice the largest frame. Of a million frames 70 bytes each would pass it. Garbage that waits for its
 * collection is not among it: that memory is read after one was decided when a first million had ended 80 MiB higher.
 */
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;

let server: Runtime;
beforeAll(async () => {
	server = await runtime({}, { isInspected: true });
});
afterAll(() => server.dispose());

test.each([0, 999, 1004, 1006, 1015, 65_535])(
	"G8 a close with the code %d, which must not be sent, is answered",
	async (code) => {
		const url = `${server.url}/rooms/odd-${code}`;
		let isIn = false;
		const socket = new RawSocket(url, "rotunda.v1", ({ type }) => {
			isIn ||= type === "caught-up";
		});
		await socket.until(() => isIn);
		await socket.send(frameOf(OPCODE.close, Buffer.from([code >> 8, code & 255])));
		await socket.until(() => socket.closed !== null);
		// Unanswered it would be 1006, 13 s later.
		expect(socket.closed).toEqual({ code: 1002 });
	},
);

/** All have heard what each said, and nothing went wrong with anyone. */
async function check(witnesses: readonly Witness[]): Promise<void> {
	for (const listener of witnesses) {
		for (const speaker of witnesses) {
			await listener.untilHeard(speaker.name, speaker.published);
			expect(listener.heard.get(speaker.name)).toBe(speaker.published);
		}
		expect(listener.faults).toEqual([]);
		expect(listener.isClosed).toBe(false);
	}
}

async function calm(witnesses: readonly Witness[], events: number): Promise<void> {
	for (let n = 0; n < events; n++) {
		for (const witness of witnesses) {
			witness.publish();
			await witness.untilHeard(witness.name, witness.published);
		}
	}
}

function delaysOf(witnesses: readonly Witness[]): string {
	const delays = witnesses.flatMap((witness) => witness.delays.splice(0)).sort((a, b) => a - b);
	const at = (share: number): string => (delays[Math.floor((delays.length - 1) * share)] ?? Number.NaN).toFixed(1);
	return `${delays.length} events, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
}

const listed = (counts: ReadonlyMap<string, number>): string =>
	[...counts]
		.sort((a, b) => b[1] - a[1])
		.map(([what, count]) => `${what} ${count}`)
		.join(", ");
const mebibytes = (bytes: number | null): string =>
	bytes === null ? "unknown" : `${Math.round(bytes / 1024 ** 2)} MiB`;

interface Attacked {
	server: Runtime;
	frames: number;
	/** Events that each witness says when nobody attacks. */
	calmEvents: number;
	/** Sent before, one after another: all giants at once are more than any test machine should hold. */
	first?: readonly HostileFrame[];
	/** What the room may answer to a frame that the codec lets pass, beside what it always may. */
	codes?: readonly string[];
	/** True of a line in the log that is as it should be. */
	isFair(line: string): boolean;
	annotate(what: string): Promise<unknown>;
}

async function attackRoom({
	server,
	frames: count,
	calmEvents,
	first = [],
	codes = [],
	isFair,
	annotate,
}: Attacked): Promise<void> {
	const engine = await Engine.at(server.inspector);
	/** What the process holds when the engine has collected its garbage, bytes; null where nobody tells. */
	const memory = async (): Promise<number | null> => {
		await engine.collect();
		return server.child.memory();
	};
	const url = `${server.url}/rooms/hostile`;
	const witnesses: Witness[] = [];
	for (let n = 1; n <= WITNESSES; n++) witnesses.push(await Witness.join(url, `w${n}`));
	await calm(witnesses, calmEvents);
	await check(witnesses);
	const before = delaysOf(witnesses);

	const tally = new Tally();
	const attackers = Array.from(
		{ length: ATTACKERS },
		(_, n) => new Attacker(url, `the-key-of-attacker-${n}`, new Random(SEED * ATTACKERS + n), tally, codes),
	);
	/** Each batch of theirs is followed by honest events: as fast as they are, so much is there to be lost. */
	const attack = async (frames: number): Promise<void> => {
		const after = (): void => {
			for (const witness of witnesses) witness.publish();
		};
		await Promise.all(attackers.map((attacker) => attacker.attack(Math.ceil(frames / ATTACKERS), after)));
		for (const attacker of attackers) attacker.leave();
	};
	const startedAt = performance.now();
	for (const frame of first) await attackers[0]?.send([frame]);
	await attack(count / 10);
	const under = delaysOf(witnesses);
	await calm(witnesses, calmEvents);
	delaysOf(witnesses);
	const warm = await memory();
	await attack(count - count / 10);
	const seconds = (performance.now() - startedAt) / 1000;
	const later = delaysOf(witnesses);
	await calm(witnesses, calmEvents);
	const after = await memory();

	await annotate(
		[
			`${tally.frames} frames, ${mebibytes(tally.bytes)}, in ${seconds.toFixed(0)} s, seed ${SEED}.`,
			`Sent: ${listed(tally.sent)}.`,
			`Refused: ${listed(tally.refused)}.`,
			`Closed: ${listed(tally.closed)}.`,
			`Honest members before: ${before}; in the first tenth: ${under}; in the rest: ${later}.`,
			`Memory after a tenth ${mebibytes(warm)}, after all ${mebibytes(after)}.`,
			`The Worker said: ${failures(server.child.said.join("")).slice(0, 5).join(" / ") || "nothing"}.`,
		].join("\n"),
	);
	expect(tally.faults).toEqual([]);
	await check(witnesses);
	const others = failures(server.child.said.join("")).filter((line) => !isFair(line));
	expect(others).toEqual([]);
	if (warm === null) await annotate("The memory of the process was not looked at: there is no /proc here.");
	else {
		const most = warm + GROWTH_BYTES_MAX;
		await until(
			async () => {
				await calm(witnesses, calmEvents);
				return ((await memory()) ?? 0) <= most;
			},
			`memory has returned to ${mebibytes(most)}`,
			() => `It is ${mebibytes(server.child.memory())}.`,
		);
	}
	for (const witness of witnesses) witness.leave();
	engine.close();
}

/** What the log says of a rule that failed, or whose deadline did. */
const RULE_FAILED = /^A rule failed (at an event, which was refused\.|or refused where it may not:) /;

/** The built Worker has one binding here, and says once what is off without the others. */
const isOfBindings = (line: string): boolean => line.startsWith("Rotunda is without");

test(
	`G8 ${FRAMES} hostile frames: each is refused by its name or ends its socket, honest members lose nothing, memory returns`,
	{
		timeout: TIME_MS_MAX,
	},
	({ annotate }) =>
		attackRoom({ server, frames: FRAMES, calmEvents: 100, first: giants(), isFair: isOfBindings, annotate }),
);

test(`G8 ${RULED_FRAMES} of them to a room whose rules believe everything: nobody else loses anything, and the log names the rules`, {
	timeout: TIME_MS_MAX,
}, async ({ annotate }) => {
	const careless = await runtime({}, { probe: "careless", isInspected: true });
	const codes = ["internal", "state_full"];
	const isFair = (line: string): boolean => isOfBindings(line) || RULE_FAILED.test(line);
	await attackRoom({ server: careless, frames: RULED_FRAMES, calmEvents: 20, codes, isFair, annotate });
	await careless.dispose();
});

/**
 * What the Worker said of failures of its own. The runtime's own lines are not among them: it tells of every breach of
 * the protocol, and once in a million frames that it was closing a socket on which it was still sending.
 */
function failures(said: string): string[] {
	return said.split("\n").filter((line) => line !== "" && !/^(workerd\/|stack: )/.test(line));
}
