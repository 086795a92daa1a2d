/** Plays a trace's steps against the real object: its sockets, its calls, its alarm, its sleep and its death. */
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { Joining } from "../../../src/durable/room-body.ts";
import type { RoomStub } from "../../../src/durable/room-object.ts";
import { SqliteStore } from "../../../src/durable/sqlite-store.ts";
import { TICKET_HEADER, writeTicket } from "../../../src/durable/ticket.ts";
import type { Refusal } from "../../../src/protocol/codes.ts";
import { storedIn } from "../../simulation/stored.ts";
import type { Act, Answer, AtRest, Call, Step, Trace } from "../../simulation/trace.ts";
import type { Script } from "./script.ts";
import { AHEAD_MS } from "./staged.ts";

/** True where nobody hears of the step: those in a row are played in one visit to the object. */
function isSilent({ act, heard, answers }: Step): boolean {
	return (act.act === "timer" || act.act === "told") && heard.size === 0 && answers.size === 0;
}

export class Player {
	readonly #script: Script;
	readonly #name: string;
	#stub: RoomStub;
	/** The members' ends, by wire. */
	readonly #sockets = new Map<number, WebSocket>();

	constructor({ seed }: Trace, script: Script) {
		this.#script = script;
		this.#name = `trace-${seed}`;
		this.#stub = env.ROOMS.getByName(this.#name);
	}

	async play(steps: readonly Step[]): Promise<void> {
		for (let index = 0; index < steps.length; ) {
			const rest = steps.slice(index);
			const others = rest.findIndex((step) => !isSilent(step));
			const silent = others === -1 ? rest.length : others;
			if (silent > 0) await this.#playSilent(rest.slice(0, silent), index);
			else await this.#playAloud(rest[0] as Step, index);
			index += Math.max(1, silent);
		}
	}

	async #playAloud(step: Step, index: number): Promise<void> {
		const { act, now, asked, heard, answers } = step;
		try {
			this.#script.begin(step);
			await this.#do(act);
			const look = (): Promise<void> => runInDurableObject(this.#stub, () => {});
			expect(await this.#script.done(step, look)).toEqual({ notGiven: [], asked, heard, answers });
		} catch (cause) {
			throw new Error(`Step ${index}, ${JSON.stringify(act).slice(0, 300)} at ${now}, went another way.`, { cause });
		}
	}

	async #playSilent(steps: readonly Step[], index: number): Promise<void> {
		const script = this.#script;
		const done = await runInDurableObject(this.#stub, () =>
			steps.map((step) => {
				script.begin(step);
				script.run(step.act);
				return script.take();
			}),
		);
		for (const [offset, { act, asked }] of steps.entries())
			expect(done[offset], `Step ${index + offset}, ${JSON.stringify(act)}`).toEqual({ notGiven: [], asked });
	}

	async #do(act: Act): Promise<void> {
		switch (act.act) {
			case "join":
				return this.#join(act.wire, act.call, act.join);
			case "message":
				return this.#socket(act.wire).send(act.text);
			case "ping":
				this.#script.pingAt.set(String(act.wire), this.#script.now);
				return this.#socket(act.wire).send("ping");
			case "close":
				return act.code === 1005 ? this.#socket(act.wire).close() : this.#socket(act.wire).close(act.code);
			case "alarm":
				expect(await runDurableObjectAlarm(this.#stub)).toBe(true);
				return;
			case "timer":
			case "told":
				return runInDurableObject(this.#stub, () => this.#script.run(act));
			case "wake":
				return runInDurableObject(this.#stub, () => {});
			case "sleep":
				await this.#rest(act.rest);
				return evictDurableObject(this.#stub);
			case "crash":
				return this.#crash();
			default:
				this.#answered(act.call, this.#call(act));
		}
	}

	#socket(wire: number): WebSocket {
		const socket = this.#sockets.get(wire);
		if (socket === undefined) throw new Error(`There is no wire ${wire}.`);
		return socket;
	}

	async #join(wire: number, call: number, join: Joining): Promise<void> {
		this.#script.wire = wire;
		const ticket = writeTicket({ host: "", address: null, expiresAt: null, ...join, from: null, protocol: null });
		const response = await this.#stub.fetch("https://room/", {
			headers: { Upgrade: "websocket", [TICKET_HEADER]: ticket },
		});
		const { webSocket } = response;
		this.#script.answers(call, webSocket === null ? ((await response.json()) as Refusal) : null);
		if (webSocket === null) return;
		this.#sockets.set(wire, webSocket);
		webSocket.addEventListener("message", ({ data }) => this.#script.hears(wire, { text: data as string }));
		webSocket.addEventListener("close", ({ code, reason }) => {
			// A socket that broke says why in the runtime's own words.
			this.#script.hears(wire, { code, reason: code === 1006 ? "" : reason });
		});
		// The member's end answers a close when the trace says so.
		webSocket.accept({ allowHalfOpen: true });
	}

	#call(call: Call): Promise<unknown> {
		switch (call.act) {
			case "post":
				return this.#stub.post({ address: null, ...call.who }, call.publish, null, "host");
			case "put":
				return this.#stub.put({ address: null, ...call.who }, call.set, null, "host");
			case "moderate":
				return this.#stub.moderate({ address: null, ...call.by }, call.action);
			case "wipe":
				return this.#stub.wipe();
			case "replay":
				return this.#stub.replayJob(call.job);
			case "take":
				return this.#stub.takeJob(call.epoch, call.job, call.run);
			case "settle":
				// A settlement says nothing where it is stored.
				return this.#stub
					.settleJob(call.epoch, call.job, call.run, call.outcome)
					.then((nothing) => ({ outcome: nothing === undefined ? "done" : nothing }));
		}
	}

	#answered(call: number, answer: Promise<unknown>): void {
		answer.then(
			(value) => this.#script.answers(call, value as Answer),
			() => this.#script.answers(call, "lost"),
		);
	}

	/** What was committed is on disk; memory, sockets and callers go. */
	async #crash(): Promise<void> {
		await runInDurableObject(this.#stub, (_, { storage }) => storage.sync());
		await abortAllDurableObjects();
		this.#stub = env.ROOMS.getByName(this.#name);
	}

	async #rest(rest: AtRest): Promise<void> {
		const { stored, alarmAt } = await runInDurableObject(this.#stub, async (_, { storage }) => {
			const at = await storage.getAlarm();
			return {
				stored: storedIn(new SqliteStore(storage), rest.keys),
				alarmAt: at === null ? null : at - AHEAD_MS,
			};
		});
		expect({ stored, alarmAt }).toEqual({ stored: rest.stored, alarmAt: rest.alarmAt });
		for (const { query, answer } of rest.pages) expect(await this.#stub.events(query)).toEqual(answer);
		expect(await this.#stub.jobs(null, 50)).toEqual(rest.jobs);
		if (rest.members === null) return;
		const members = await this.#stub.members();
		expect("json" in members ? members.json : "").toContain(`"members":${rest.members}}`);
	}
}
