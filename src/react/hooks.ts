/** Hooks: each re-renders its component only for what it reads. */
import {
	createContext,
	useCallback,
	useContext,
	useEffect,
	useMemo,
	useRef,
	useState,
	useSyncExternalStore,
} from "react";
import type { ConnectionState, Entry, Room, SetOptions } from "../client/room.ts";
import { RoomError } from "../client/room-error.ts";
import type { Event, Signal, Welcome } from "../protocol/messages.ts";
import type { HeldRoom, Here, Shown } from "./held-room.ts";

export const RoomContext = createContext<HeldRoom | null>(null);

function useHeld(): HeldRoom {
	const held = useContext(RoomContext);
	if (held === null) throw new Error("There is no room here: put the component inside a <RoomProvider>.");
	return held;
}

function useShown<K extends keyof Shown>(part: K): Shown[K] {
	const held = useHeld();
	return useSyncExternalStore(
		held.subscriber(part),
		() => held.shown(part),
		() => held.rendered(part),
	);
}

/** What a component does in the room; never re-renders it. Not to be called while rendering. */
export type Doing = Pick<
	Room,
	"publish" | "get" | "set" | "add" | "drop" | "signal" | "history" | "requestJob" | "on" | "leave"
>;

export function useRoom(): Doing {
	const held = useHeld();
	return useMemo(
		() => ({
			publish: (...given) => held.room.publish(...given),
			get: (...given) => held.room.get(...given),
			set: (key: string, to: unknown, options?: SetOptions) => held.room.set(key, to, options),
			add: (...given) => held.room.add(...given),
			drop: (...given) => held.room.drop(...given),
			signal: (...given) => held.room.signal(...given),
			history: (...given) => held.room.history(...given),
			requestJob: (...given) => held.room.requestJob(...given),
			on: (...given) => held.room.on(...given),
			leave: () => held.room.leave(),
		}),
		[held],
	);
}

/** Where the connection stands. */
export function useConnection(): ConnectionState {
	return useShown("state");
}

/** Oneself, as the last welcome told; null before the first. */
export function useMe(): Welcome["me"] | null {
	return useShown("me");
}

export interface Events {
	/** Ascending by seq: the newest that are held. */
	events: readonly Event[];
	/** True where {@link Events.older} would bring more. */
	hasOlder: boolean;
	/** Asks for the page before the first; resolves to true where there are older ones still. */
	older(): Promise<boolean>;
}

/** The room's events; those of one name where it is given. */
export function useEvents(name?: string): Events {
	const held = useHeld();
	const { events, hasOlder } = useShown("events");
	const mine = useMemo(
		() => (name === undefined ? events : events.filter((each) => each.name === name)),
		[events, name],
	);
	const older = useCallback(() => held.older(), [held]);
	return { events: mine, hasOlder, older };
}

/**
 * Who is here, or what `select` makes of it: then it re-renders only when that is another (by `Object.is`).
 */
export function useMembers(): Here;
export function useMembers<T>(select: (here: Here) => T): T;
export function useMembers<T>(select?: (here: Here) => T): Here | T {
	const held = useHeld();
	const of = (here: Here): Here | T => (select === undefined ? here : select(here));
	return useSyncExternalStore(
		held.subscriber("here"),
		() => of(held.shown("here")),
		() => of(held.rendered("here")),
	);
}

/** Sets an entry: to a value, which shows at once, or by a function that makes the next of the last. */
export interface SetEntry<V = unknown> {
	(next: (value: V | null) => V | null): Promise<{ version: number }>;
	(value: V | null, options?: SetOptions): Promise<{ version: number }>;
}

/** How an entry is set; re-renders nothing. */
export function useSet(key: string): SetEntry {
	const held = useHeld();
	return useCallback((to: unknown, options?: SetOptions) => held.room.set(key, to, options), [held, key]);
}

/** An entry's value, null where there is none, and how it is set. */
export function useEntry(key: string): [value: unknown, set: SetEntry] {
	const { entries } = useHeld();
	const value = useSyncExternalStore(
		useCallback((listener) => entries.onEntry(key, listener), [entries, key]),
		() => entries.entry(key),
		() => entries.renderedEntry(key),
	);
	return [value, useSet(key)];
}

/** The entries whose keys begin so, in the order of their keys; all of them where nothing is given. */
export function useEntries(prefix = ""): readonly Entry[] {
	const { entries } = useHeld();
	return useSyncExternalStore(
		useCallback((listener) => entries.onEntries(prefix, listener), [entries, prefix]),
		() => entries.entries(prefix),
		() => entries.renderedEntries(prefix),
	);
}

/** One's own presence state, and how it is replaced. */
export function usePresence(): [state: unknown, set: (state: unknown) => void] {
	const held = useHeld();
	const set = useCallback((state: unknown) => held.setOwn(state), [held]);
	return [useShown("own"), set];
}

/** Sends signals of that name; `heard` is called for those of others, and re-renders nothing by itself. */
export function useSignal(
	name: string,
	heard?: (signal: Signal) => void,
): (data: unknown, options?: { to?: string }) => void {
	const held = useHeld();
	const latest = useRef(heard);
	useEffect(() => {
		latest.current = heard;
	});
	useEffect(
		() =>
			held.room.on("signal", (signal) => {
				if (signal.name === name) latest.current?.(signal);
			}),
		[held, name],
	);
	return useCallback((data, options) => held.room.signal(name, data, options), [held, name]);
}

export type Asked =
	| { state: "idle" | "running"; result: undefined; error: undefined }
	| { state: "done"; result: unknown; error: undefined }
	| { state: "failed"; result: undefined; error: RoomError };

const IDLE: Asked = { state: "idle", result: undefined, error: undefined };

/** A job of that kind: `ask` has it done, and what came of the latest is shown. */
export function useJob(name: string): Asked & { ask: (data: unknown) => void } {
	const held = useHeld();
	const [asked, setAsked] = useState<Asked>(IDLE);
	const latest = useRef(0);
	const ask = useCallback(
		(data: unknown): void => {
			const mine = ++latest.current;
			const show = (now: Asked): void => {
				if (mine === latest.current) setAsked(now);
			};
			show({ state: "running", result: undefined, error: undefined });
			held.room.requestJob(name, data).then(
				(result) => show({ state: "done", result, error: undefined }),
				(error: unknown) => {
					const known =
						error instanceof RoomError ? error : new RoomError({ code: "internal", message: String(error) });
					show({ state: "failed", result: undefined, error: known });
				},
			);
		},
		[held, name],
	);
	return { ...asked, ask };
}
