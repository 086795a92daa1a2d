/** What a member's page holds of the state, across all its reconnects: as a client does that keeps to docs/protocol.md. */
import type { State } from "../../src/protocol/entries.ts";
import { parseCursor } from "../../src/protocol/ids.ts";
import type { ServerMessage } from "../../src/protocol/messages.ts";
import { hold } from "./broken.ts";
import type { StateCheck } from "./checkers/state.ts";

export class Holder {
	readonly #member: string;
	readonly #truth: StateCheck;
	#epoch = "";
	#version: number | undefined;
	/** By key, as JSON; drops with their versions too. */
	#entries = new Map<string, { value: string | null; version: number }>();

	constructor(member: string, truth: StateCheck) {
		this.#member = member;
		this.#truth = truth;
	}

	/** The cursor with the version that it holds, where that is of the same epoch. */
	cursor(since: string): string {
		const cursor = parseCursor(since);
		if (cursor === null || cursor.version !== undefined || cursor.epoch !== this.#epoch) return since;
		return this.#version === undefined ? since : `${since}.${this.#version}`;
	}

	heard(message: ServerMessage): void {
		if (message.type === "welcome") {
			const isNew = message.epoch !== this.#epoch || message.continuity === "fresh";
			if (isNew) this.#entries = new Map();
			// Where a fresh join is told no state there is none.
			if (isNew) this.#version = message.continuity === "fresh" ? message.version : undefined;
			this.#epoch = message.epoch;
		}
		if (message.type === "state") this.#take(message);
		if (message.type === "caught-up") this.#compare();
	}

	#take({ version, entries, full, more }: State): void {
		if (full === true) this.#entries = new Map();
		if (full === true) this.#version = undefined;
		for (const { key, value, version: own } of entries) {
			const told = { key, value, version: own ?? version };
			hold(
				this.#truth.wasSaid(this.#epoch, told),
				"G11",
				() => `${this.#member} was told ${JSON.stringify(told)}, which never was`,
			);
			const before = this.#entries.get(key)?.version ?? 0;
			hold(told.version >= before, "G11", () => `${this.#member} was told ${key} at ${told.version} after ${before}`);
			this.#entries.set(key, { value: value === null ? null : JSON.stringify(value), version: told.version });
		}
		if (more === true) return;
		const held = this.#version ?? 0;
		hold(version >= held, "G11", () => `the version of ${this.#member} went back from ${held} to ${version}`);
		this.#version = version;
	}

	/** At `caught-up` it holds what the room's state was at its version. */
	#compare(): void {
		if (this.#version === undefined) hold(false, "G11", () => `${this.#member} is caught up without a version`);
		const { values, loose } = this.#truth.seen(this.#epoch, this.#version, this.#member);
		for (const [key, { value }] of this.#entries) {
			const isSame = JSON.stringify(JSON.parse(values.get(key) ?? "null")) === (value ?? "null");
			hold(
				isSame || loose.has(key),
				"G11",
				() => `${this.#member} holds ${value} as ${key}, which is ${values.get(key)}`,
			);
		}
		for (const key of values.keys())
			hold(
				this.#entries.has(key) || loose.has(key),
				"G11",
				() => `${this.#member} is caught up at ${this.#version} without ${key}`,
			);
	}
}
