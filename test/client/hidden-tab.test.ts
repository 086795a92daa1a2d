/** A hidden tab on a simulated clock: the real client's state machine against the real room. */
import { expect, test } from "vitest";
import { Connection } from "../../src/client/connection.ts";
import { newMessageId } from "../../src/client/message-id.ts";
import { Outgoing } from "../../src/client/outgoing.ts";
import type { Port } from "../../src/client/port.ts";
import type { ConnectionState } from "../../src/client/room.ts";
import { decodeFrame, packFrames } from "../../src/protocol/codec.ts";
import { readSettings } from "../../src/protocol/settings.ts";
import type { Effects } from "../../src/room/effects.ts";
import type { Input } from "../../src/room/inputs.ts";
import { MemoryStore } from "../../src/room/memory-store.ts";
import { Room } from "../../src/room/room.ts";

const MINUTE_MS = 60_000;
const START_MS = 1_800_000_000_000;

test("G9: a hidden tab whose timers run once a minute is neither closed nor reported as left for 7 minutes", () => {
	let now = START_MS;
	const room = Room.wake(new MemoryStore(), [], { room: "r", settings: readSettings({}), now, epochIfNew: "epoch" });
	const pings = new Map<string, number>();
	const closed: string[] = [];
	const heardByWatcher: string[] = [];
	const states: ConnectionState["kind"][] = [];
	let alarmAt: number | null = null;
	let wakeAt: number | null = null;

	const turn = (input: Input): void => {
		const effects: Effects = room.turn([input], now);
		alarmAt = effects.alarmAt;
		for (const { session } of effects.closes) closed.push(session);
		if (!effects.withheld.has("watcher")) heardByWatcher.push(...effects.shared);
		const own = effects.private.get("tab") ?? [];
		for (const frame of effects.frames.get("tab") ?? []) tab.heard(frame);
		const shared = effects.withheld.has("tab") ? [] : effects.shared;
		for (const frame of packFrames([...shared, ...own])) tab.heard(frame);
	};
	const port: Port = {
		now: () => now,
		date: () => now,
		unsentBytes: () => 0,
		random: () => 0.5,
		newId: newMessageId,
		canRenewToken: () => false,
		open: () => {
			tab.opened();
			turn({ ...JOIN, session: "tab", member: "tab", name: "Tab" });
		},
		send: (text) => {
			if (text === "ping") {
				pings.set("tab", now);
				tab.heard("pong");
			} else turn({ type: "frame", session: "tab", messages: decodeFrame(text) });
		},
		soon: (run) => run(),
		close: () => closed.push("tab, by itself"),
		// The browser rounds every timer of a hidden page up to the next whole minute.
		wakeAt: (at) => {
			wakeAt = at === null ? null : START_MS + Math.ceil((at - START_MS) / MINUTE_MS) * MINUTE_MS;
		},
		changed: (state) => states.push(state.kind),
		message: () => {},
	};
	const tab = new Connection(port, null, Outgoing);
	turn({ ...JOIN, session: "watcher", member: "watcher", name: "Watcher" });
	tab.start();

	let sweeps = 0;
	while (now < START_MS + 7 * MINUTE_MS) {
		now += 1000;
		pings.set("watcher", now);
		if (wakeAt !== null && wakeAt <= now) {
			wakeAt = null;
			tab.wake();
		}
		if (alarmAt !== null && alarmAt <= now) {
			sweeps++;
			turn({ type: "alarm", pings: new Map(pings) });
		}
	}
	expect(sweeps).toBeGreaterThan(3);
	expect(closed).toEqual([]);
	expect(states).toEqual(["connecting", "replaying", "live"]);
	expect(heardByWatcher.filter((message) => message.includes('"left":["tab"]'))).toEqual([]);

	// The check can fail: when the tab falls silent it is closed, and seen to leave, within two minutes.
	const silentSince = now;
	while (closed.length === 0 && now < silentSince + 3 * MINUTE_MS) {
		now += 1000;
		pings.set("watcher", now);
		if (alarmAt !== null && alarmAt <= now) turn({ type: "alarm", pings: new Map(pings) });
	}
	expect(closed).toEqual(["tab"]);
	expect(now - (pings.get("tab") ?? 0)).toBeLessThanOrEqual(2 * MINUTE_MS);
	expect(heardByWatcher.filter((message) => message.includes('"left":["tab"]'))).toHaveLength(1);
});

const JOIN = {
	type: "join",
	can: ["read", "publish", "signal", "presence"],
	since: null,
	history: 50,
	resume: null,
} as const;
