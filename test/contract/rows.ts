/** Rows for stores: what a room would write, with every field said. */
import type { PublishKey } from "../../src/room/known-keys.ts";
import type { Meta, NewEvent, RoomStore, RosterRow } from "../../src/room/store.ts";

export const META: Meta = {
	epoch: "e1",
	head: 3,
	floor: 2,
	kept: 1,
	heldBytes: 100,
	jobs: 7,
	isLocked: true,
	salt: "salt",
	at: 1_700_000_000_003,
	floorAt: 1_700_000_000_002,
	bytes: 400,
	oldestKey: { at: 1_700_000_000_001, seq: 1 },
	olderKeys: { at: 1_700_000_000_000, seq: 1 },
	setBack: { at: 1_700_000_000_005, seq: 2 },
	decisions: 9,
	emptySince: 1_700_000_000_009,
};

export const T0 = 1_700_000_000_000;

/** The event at `seq`: published by `ann` as `p{seq}`, a second after the one before. */
export function eventAt(seq: number, more: Partial<NewEvent> & { name?: string; data?: unknown } = {}): NewEvent {
	const { from = "ann", id = `p${seq}`, at = T0 + seq * 1000, name = "chat", data = null } = more;
	const body = more.body ?? JSON.stringify({ type: "event", seq, at, from, name, data });
	const { digest = `d${seq}`, about = null, job = null } = more;
	return { seq, at, from, id, digest, about, job, body, bytes: new TextEncoder().encode(body).length };
}

export function eventsAt(from: number, to: number): NewEvent[] {
	return Array.from({ length: to - from + 1 }, (_, index) => eventAt(from + index));
}

/** The known ones among these keys, without their digests. */
export function found(store: RoomStore, keys: readonly PublishKey[]): (PublishKey & { seq: number })[] {
	return store.findKeys(keys).map(({ member, id, seq }) => ({ member, id, seq }));
}

export function row(member: string, more: Partial<RosterRow> = {}): RosterRow {
	return { member, name: member.toUpperCase(), state: "null", goneSince: null, address: null, ...more };
}
