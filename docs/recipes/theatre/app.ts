import { defineApp } from "rotunda";
import * as v from "valibot";

/** So long a seat waits for who has taken it to buy it. */
export const HOLD_MS = 60_000;
export const SEATS = ["A1", "A2", "A3", "A4", "B1", "B2", "B3", "B4"] as const;

const seat = v.object({ seat: v.picklist(SEATS) });

export const makeApp = () =>
	defineApp({
		events: {
			hold: {
				from: "members",
				data: seat,
				decide({ data, from }, room) {
					const [held, sold] = [room.get(`held/${data.seat}`), room.get(`sold/${data.seat}`)];
					if (sold !== null || (held !== null && held.by !== from)) room.refuse("taken", "Somebody was faster.");
					// One deadline is enough: it is set for the first seat, and sets itself for those that follow.
					if (room.entries("held/").length === 0) room.later("free", HOLD_MS);
					if (held === null) room.set(`held/${data.seat}`, { by: from, until: room.now + HOLD_MS });
				},
			},
			buy: {
				from: "members",
				data: seat,
				decide({ data, from }, room) {
					if (room.get(`held/${data.seat}`)?.by !== from) room.refuse("not_held", "Take the seat first.");
					room.set(`held/${data.seat}`, null);
					room.set(`sold/${data.seat}`, from);
					room.publish("ticket", { ...data, to: from });
				},
			},
			free: {
				from: "backend",
				decide(_, room) {
					const held = room.entries("held/").map(({ key, value }) => ({ key, until: value.until }));
					for (const { key, until } of held) if (until <= room.now) room.set(key, null);
					const next = Math.min(...held.map(({ until }) => until).filter((until) => until > room.now));
					if (next < Number.POSITIVE_INFINITY) room.later("free", next - room.now);
				},
			},
			ticket: { from: "backend", data: v.object({ ...seat.entries, to: v.string() }) },
		},
		state: {
			"held/*": { write: "rules", value: v.object({ by: v.string(), until: v.number() }) },
			"sold/*": { write: "rules", value: v.string() },
		},
	});
export const app = makeApp();
