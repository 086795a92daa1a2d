/** An operator at the server's door, with the key. */
import type { Event } from "../../src/protocol/messages.ts";
import { until } from "./until.ts";

export interface JobLine {
	job: string;
	name: string;
	state: string;
	error?: { code: string; message: string };
}

export class Operator {
	readonly #url: string;
	readonly #headers: Record<string, string>;

	constructor(url: string, key: string) {
		this.#url = url;
		this.#headers = { Authorization: `Bearer ${key}` };
	}

	async get<T>(path: string): Promise<T> {
		const answer = await fetch(this.#url + path, { headers: this.#headers });
		if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
		return (await answer.json()) as T;
	}

	async #do(method: string, path: string): Promise<number> {
		return (await fetch(this.#url + path, { method, headers: this.#headers })).status;
	}

	/** All there are, page by page. */
	async jobs(room: string, state?: string): Promise<JobLine[]> {
		const lines: JobLine[] = [];
		let query: Record<string, string> | null = state === undefined ? {} : { state };
		while (query !== null) {
			const path: string = `/rooms/${room}/jobs?${new URLSearchParams(query)}`;
			const { jobs, next }: { jobs: JobLine[]; next?: string } = await this.get(path);
			lines.push(...jobs);
			query = next === undefined ? null : { ...query, cursor: next };
		}
		return lines;
	}

	async search(query: string): Promise<Event[]> {
		return (await this.get<{ events: Event[] }>(`/archive/search?q=${query}`)).events;
	}

	async history(room: string): Promise<Event[]> {
		return (await this.get<{ events: Event[] }>(`/rooms/${room}/events?after=0&limit=200`)).events;
	}

	replay(room: string, job: string): Promise<number> {
		return this.#do("POST", `/rooms/${room}/jobs/${job}/replay`);
	}

	wipe(room: string): Promise<number> {
		return this.#do("DELETE", `/rooms/${room}`);
	}

	/** Waits until nothing of a room is on its way. */
	settled(room: string, deadlineMs?: number): Promise<void> {
		let left = 0;
		return until(
			async () => {
				left = (await this.jobs(room, "waiting")).length + (await this.jobs(room, "sent")).length;
				return left === 0;
			},
			"nothing is on its way",
			() => `${left} are.`,
			deadlineMs,
		);
	}
}
