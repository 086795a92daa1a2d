/** Members whose sockets are full, on the {@link Stage}. */
import { range } from "./scenario.ts";
import type { Stage } from "./stage.ts";

export const UNLIMITED = { publishPerSecond: 0, signalPerSecond: 0, eventBytesMax: 61_440 };
export const publish = (id: string, data: unknown = id) => ({ type: "publish", id, name: "chat", data });
export const signal = (data: unknown, to?: string) => ({ type: "signal", name: "cursor", data, ...(to && { to }) });
export const types = (heard: readonly { type: string }[]): string[] => heard.map(({ type }) => type);

/** Ann who speaks, and Bob whose socket is full. */
export function pausedPair(stage: Stage): { ann: string; bob: string } {
	const ann = stage.join("ann");
	const bob = stage.join("bob");
	stage.flow({ full: [bob] });
	stage.news(ann);
	stage.news(bob);
	return { ann, bob };
}

export function say(stage: Stage, session: string, count: number, from: number, data?: unknown): void {
	for (const n of range(count, from)) stage.publish(session, `p${n}`, data ?? n);
}
