/** A room as its page holds it: the connection, who is here, and those who listen. */
import { CLIENT_SOCKETS_IN_VAIN } from "../protocol/limits.ts";
import type { Event, HistoryRequest } from "../protocol/messages.ts";
import { Attempt, type Way } from "./attempt.ts";
import { AlarmClock } from "./clock.ts";
import { Connection } from "./connection.ts";
import { Feed } from "./feed.ts";
import { GuestKey } from "./guest-key.ts";
import { Members } from "./members.ts";
import { newMessageId } from "./message-id.ts";
import { followPage } from "./page-life.ts";
import type { Port, Told } from "./port.ts";
import type {
	ConnectionState,
	HistoryPage,
	JoinOptions,
	PublishOptions,
	Room,
	RoomEvents,
	SetOptions,
} from "./room.ts";
import type { OutgoingClass } from "./speech.ts";

/** The page's time and chance; a test has its own. */
export interface Time {
	/** Monotonic, ms. */
	now(): number;
	/** Unix ms. */
	date(): number;
	/** Uniform in [0, 1). */
	random(): number;
	/** Of a message: no two are ever the same. */
	newId(): string;
	/** One alarm, which `ring` hears. */
	alarm(ring: () => void): { set(at: number | null): void; stop(): void };
	/** Hears what the console is told, in its place. */
	warn?(sentence: string): void;
}

export class JoinedRoom implements Room {
	readonly #connection: Connection;
	readonly #members = new Members();
	readonly #feed = new Feed();
	readonly #listeners = new Map<keyof RoomEvents, Set<(event: never) => void>>();
	readonly #key: GuestKey;
	readonly #clock: ReturnType<Time["alarm"]>;
	readonly #unlisten: () => void;
	readonly #newId: () => string;
	readonly #log: (sentence: string) => void;
	/** What the console was told. */
	readonly #warned = new Set<string>();
	#attempt: Attempt | null = null;

	/**
	 * @param url the room's, `http` or `https`, without a query.
	 * @param Outgoing what says things, for who has it already.
	 */
	constructor(
		url: string,
		options: JoinOptions,
		time?: Time,
		Outgoing = options.predict as unknown as OutgoingClass | undefined,
	) {
		const { name, token, signal, since } = options;
		const clocks: Time = time ?? {
			now: () => performance.now(),
			date: Date.now,
			random: Math.random,
			newId: newMessageId,
			alarm: (ring) => {
				const clock = new AlarmClock(ring);
				if (options.worker !== false) void clock.goOnHidden((sentence) => this.#warn(sentence));
				return clock;
			},
		};
		this.#log = time?.warn ?? ((sentence) => console.warn(sentence));
		this.#newId = clocks.newId;
		this.#key = new GuestKey(url);
		this.#clock = clocks.alarm(() => this.#connection.wake());
		const way: Way = {
			url,
			query: name === undefined ? "" : `?name=${encodeURIComponent(name)}`,
			token,
			key: this.#key,
			WebSocket: options.WebSocket as typeof WebSocket | undefined,
			inVain: 0,
			// In a test's world there are sockets alone.
			inVainMax: time === undefined ? CLIENT_SOCKETS_IN_VAIN : Number.POSITIVE_INFINITY,
			connection: () => this.#connection,
		};
		// Of the state nothing is held yet, whatever version the cursor names.
		const from = since?.replace(/(\..*)\..*/, "$1") ?? null;
		this.#connection = new Connection(this.#port(way, clocks), from, Outgoing);
		this.#unlisten = followPage({
			back: () => this.#connection.back(),
			offline: () => this.#connection.lost("There is no network."),
			hidden: () => {
				this.#connection.lost(null);
				this.#key.release();
			},
		});
		signal?.addEventListener("abort", () => this.leave());
		// The caller adds its listeners first.
		queueMicrotask(() => {
			if (signal?.aborted) this.leave();
			else if (this.state.kind === "connecting") this.#connection.start();
		});
	}

	get state(): ConnectionState {
		return this.#connection.state;
	}

	get me() {
		return this.#connection.welcome?.me ?? null;
	}

	get members() {
		return this.#members.byId;
	}

	get count(): number {
		return this.#members.count;
	}

	get cursor(): string | null {
		return this.#connection.cursor;
	}

	on<K extends keyof RoomEvents>(type: K, listener: (event: RoomEvents[K]) => void): () => void {
		const listeners = this.#listeners.get(type) ?? new Set();
		this.#listeners.set(type, listeners);
		listeners.add(listener);
		return () => listeners.delete(listener);
	}

	events(): AsyncIterable<Event> {
		return this.#feed.read((page) => this.history(page));
	}

	publish(name: string, data: unknown = null, options: PublishOptions = {}): Promise<{ seq: number }> {
		const { id = this.#newId(), ...expectation } = options;
		return this.#connection.ask({ type: "publish", id, name, data, ...expectation }) as Promise<{ seq: number }>;
	}

	signal(name: string, data: unknown = null, options: { to?: string } = {}): void {
		this.#connection.signal({ type: "signal", name, data, ...options });
	}

	setPresence(state: unknown): void {
		this.#connection.setPresence(state);
	}

	history(page: Pick<HistoryRequest, "before" | "after" | "limit"> = {}): Promise<HistoryPage> {
		return this.#connection.ask({ type: "history", id: this.#newId(), ...page }) as Promise<HistoryPage>;
	}

	/** Of what type they are, the face says by the app. */
	get(key: string): never {
		return (this.#connection.entries?.at(key).value ?? null) as never;
	}

	entries(prefix = ""): never[] {
		return (this.#connection.entries?.list(prefix) ?? []) as never[];
	}

	set(key: string, to: unknown, options?: SetOptions): Promise<{ version: number }> {
		return this.#connection.set({ key, to, ...options });
	}

	add(key: string, add: number): Promise<{ version: number }> {
		return this.#connection.set({ key, add });
	}

	drop(key: string, options?: SetOptions): Promise<{ version: number }> {
		return this.set(key, null, options);
	}

	/** Of what type its result is, the face says by the app. */
	requestJob(name: string, data: unknown = null): Promise<never> {
		return this.#connection.ask({ type: "job", id: this.#newId(), name, data }) as Promise<never>;
	}

	leave(): void {
		this.#connection.leave();
	}

	#emit<K extends keyof RoomEvents>(type: K, event: RoomEvents[K]): void {
		for (const listener of this.#listeners.get(type) ?? []) {
			// One listener that throws must not keep the others, or the connection, from hearing.
			try {
				(listener as (event: RoomEvents[K]) => void)(event);
			} catch (error) {
				report(error);
			}
		}
	}

	#deliver(message: Told): void {
		switch (message.type) {
			case "welcome":
				if (message.resume !== undefined) this.#key.write(message.resume, message.me.id);
				if (message.continuity !== "resumed") this.#feed.beginAnew();
				this.#members.welcome(message);
				this.#emit("welcome", message);
				return this.#tellPresence();
			case "presence":
				this.#members.presence(message);
				if (message.count !== undefined) this.#tellPresence();
				return;
			case "event":
				this.#feed.add(message as Event);
				return this.#emit("event", message as Event);
			case "entries":
				return this.#emit(message.type, message.entries);
			case "signal":
			case "job":
			case "access":
			case "caught-up":
				return this.#emit(message.type, message);
			case "error": {
				const { type: _, ...reason } = message;
				this.#warn(reason.message);
				return this.#emit("error", reason);
			}
		}
	}

	#tellPresence(): void {
		this.#emit("presence", { count: this.count, members: this.members });
	}

	#warn(sentence: string): void {
		if (this.#warned.has(sentence)) return;
		this.#warned.add(sentence);
		this.#log(`Rotunda: ${sentence}`);
	}

	#changed(state: ConnectionState): void {
		if (state.kind === "stopped") {
			this.#unlisten();
			this.#clock.stop();
			this.#key.release();
			this.#feed.end(state.code === 1000 ? null : { code: "forbidden", message: state.reason });
		}
		this.#emit("state", state);
	}

	#port(way: Way, time: Time): Port {
		return {
			...time,
			open: (since) => {
				this.#attempt?.close();
				this.#attempt = new Attempt(way);
				void this.#attempt.go(since);
			},
			send: (text) => this.#attempt?.send(text),
			unsentBytes: () => this.#attempt?.unsentBytes ?? 0,
			soon: (run) => queueMicrotask(run),
			close: (hangs) => this.#attempt?.close(hangs),
			wakeAt: (at) => this.#clock.set(at),
			canRenewToken: () => typeof way.token === "function" && this.#attempt?.isSignedOut !== true,
			changed: (state) => this.#changed(state),
			message: (message) => this.#deliver(message),
		};
	}
}

/** As an exception that nobody caught. */
const report = globalThis.reportError ?? ((error: unknown) => queueMicrotask(() => Promise.reject(error)));
