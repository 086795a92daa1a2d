/** How long a message takes. Publisher and receivers are of one process: their clock is one. */
import type { Load, Seen } from "../load.ts";
import { pause, type Stage } from "../stage.ts";
import { type Measure, quantile, type Sample } from "./measure.ts";

/** Offers so many messages a second, whatever becomes of them; notes how long each takes to each member. */
export async function offer(
	load: Load,
	{ perSecond, bytes, publishers, ms }: { perSecond: number; bytes: number; publishers: number; ms: number },
): Promise<number[]> {
	const delays: number[] = [];
	load.onFrame = ({ sentAt }: Seen) => {
		const now = performance.now();
		for (const at of sentAt) delays.push(now - at);
	};
	const startedAt = performance.now();
	for (let sent = 0, past = 0; past < ms; past = performance.now() - startedAt) {
		for (; sent < (past / 1000) * perSecond; sent++) load.publish(sent % publishers, bytes);
		await pause(1);
	}
	return delays;
}

async function offered(stage: Stage, members: number, perSecond: number): Promise<Sample> {
	const load = await stage.members(members);
	// What is measured is no code's first run.
	await offer(load, { perSecond: 100, bytes: 64, publishers: 100, ms: 400 });
	await load.end();
	const ms = stage.isQuick ? 700 : 1200;
	const delays = await offer(load, { perSecond, bytes: 64, publishers: 100, ms });
	const faults = await load.end();
	return { value: quantile(delays, 0.5), also: { "p99, ms": quantile(delays, 0.99) }, faults };
}

/** Publishes one message; when its publisher had it and when the last member had it, ms. */
export function oneMessage(load: Load, publisher: number): Promise<{ own: number; last: number }> {
	return new Promise((resolve) => {
		const startedAt = performance.now();
		const all = load.delivered + load.sockets.length;
		let own = Number.NaN;
		load.onOwn = () => {
			own = performance.now() - startedAt;
			if (load.delivered >= all) resolve({ own, last: own });
		};
		load.onFrame = () => {
			if (load.delivered >= all && !Number.isNaN(own)) resolve({ own, last: performance.now() - startedAt });
		};
		load.publish(publisher, 64);
	});
}

/**
 * The next is published when the last member has the one before. Members publish in turn, because a server
 * tells its members in some order: one publisher would be the first for one contender and the last for another.
 */
async function oneInFlight(stage: Stage, members: number, isCompressed: boolean): Promise<Sample> {
	const load = await stage.members(members, isCompressed);
	const [owns, lasts]: [number[], number[]] = [[], []];
	const count = (members < 1000 ? 250 : 50) / (stage.isQuick ? 2.5 : 1);
	const warm = count / 5;
	for (let i = 0; i < warm + count; i++) {
		const { own, last } = await oneMessage(load, (i * 7) % members);
		if (i < warm) continue;
		owns.push(own);
		lasts.push(last);
	}
	const faults = await load.end();
	const also = { "p99, ms": quantile(lasts, 0.99), "p50 until its publisher has it, ms": quantile(owns, 0.5) };
	return { value: quantile(lasts, 0.5), also, faults };
}

const count = (n: number): string => (n === 1 ? "1 member" : `${n.toLocaleString("en")} members`);

function alone(id: string, members: number, who: Pick<Measure, "contenders" | "quick">, isCompressed = false): Measure {
	return {
		...who,
		id,
		title: `${count(members)}, one message in flight, 64 B${isCompressed ? ", permessage-deflate offered as Chromium does" : ""}`,
		unit: "ms, p50 from publish until the last member has it",
		isRate: false,
		run: (stage) => oneInFlight(stage, members, isCompressed),
	};
}

function flow(perSecond: number, who: Pick<Measure, "contenders" | "quick">): Measure {
	const deliveries = (perSecond * 1000).toLocaleString("en");
	return {
		...who,
		id: `c${perSecond}`,
		title: `1,000 members, ${perSecond.toLocaleString("en")} messages/s offered (${deliveries} deliveries/s), 64 B`,
		unit: "ms, p50 from publish to receipt",
		isRate: false,
		run: (stage) => offered(stage, 1000, perSecond),
	};
}

// What a contender cannot send by far needs no proof, and minutes to drain.
export const OFFERED = [
	flow(100, { contenders: ["events", "go"], quick: [] }),
	flow(500, { contenders: ["events", "go"], quick: ["events", "go"] }),
	flow(1000, { contenders: ["events"], quick: [] }),
];

const all = { contenders: ["events", "signals", "raw", "storing", "go"], quick: [] } as const;
export const ALONE = {
	few: [alone("d1", 1, all), alone("d10", 10, all)],
	hundred: alone("d100", 100, {
		contenders: ["events", "signals", "raw", "storing", "go"],
		quick: ["events", "signals", "raw", "storing"],
	}),
	thousand: alone("d1000", 1000, { ...all, contenders: ["events", "raw", "storing", "go"] }),
};

const deflating = { contenders: ["events", "deflating"], quick: [] } as const;
export const DEFLATED = {
	few: [
		alone("h1", 1, deflating, true),
		alone("h10", 10, deflating, true),
		alone("h100", 100, { ...deflating, quick: ["events", "deflating"] }, true),
	],
	thousand: alone("h1000", 1000, deflating, true),
};
