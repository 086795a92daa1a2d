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
import type { RoomError } from "../client/room-error.ts";
import type { Event, Signal, Welcome } from "../protocol/messages.ts";
import type { HeldRoom, Here } from "./held-room.ts";
import type { Part } from "./part.ts";

export const RoomContext = createContext<HeldRoom | null>(null);

function useHeld(): HeldRoom {
	const held = useContext(RoomContext);
	if (held === null) throw new Error("There is no room here: put the component inside a <RoomProvider>.");
	return held;
}

function usePart<T>(part: Part<T>): T {
	return useSyncExternalStore(
		part.subscribe,
		() => part.value,
		() => part.rendered,
	);
}

const DOING = [
	...(["publish", "get", "set", "add", "drop"] as const),
	...(["signal", "history", "requestJob", "on", "leave"] as const),
] as const;

/** What a component does in the room; never re-renders it. Not to be called while rendering. */
export type Doing = Pick<Room, (typeof DOING)[number]>;

export function useRoom(): Doing {
	const held = useHeld();
	return useMemo(() => {
		const doing = (name: (typeof DOING)[number]) => {
			// Which room it is may be another by then.
			const call = (...given: unknown[]): unknown => (held.room[name] as (...given: unknown[]) => unknown)(...given);
			return [name, call] as const;
		};
		return Object.fromEntries(DOING.map(doing)) as Doing;
	}, [held]);
}

/** Where the connection stands. */
export function useConnection(): ConnectionState {
	return usePart(useHeld().state);
}

/** Oneself, as the last welcome told; null before the first. */
export function useMe(): Welcome["me"] | null {
	return usePart(useHeld().me);
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
	const { events, hasOlder } = usePart(held.events);
	const mine = useMemo(
		() => (name === undefined ? events : events.filter((each) => each.name === name)),
		[events, name],
	);
	return { events: mine, hasOlder, older: held.older };
}

/**
 * Who is here, or what `select` makes of it: then it re-renders only when that is another (by `Object.is`).
 */
export function useMembers(): Here;
export function useMembers<T>(select: (here: Here) => T): T;
export function useMembers<T>(select?: (here: Here) => T): Here | T {
	const { here: part } = useHeld();
	const of = (here: Here): Here | T => (select === undefined ? here : select(here));
	return useSyncExternalStore(
		part.subscribe,
		() => of(part.value),
		() => of(part.rendered),
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
		useCallback((listener) => entries.values.on(key, listener), [entries, key]),
		() => entries.values.value(key),
		() => entries.renderedValue(key),
	);
	return [value, useSet(key)];
}

/** The entries whose keys begin so, in the order of their keys; all of them where nothing is given. */
export function useEntries(prefix = ""): readonly Entry[] {
	const { entries } = useHeld();
	return useSyncExternalStore(
		useCallback((listener) => entries.lists.on(prefix, listener), [entries, prefix]),
		() => entries.lists.value(prefix),
		() => entries.renderedLists.value(prefix),
	);
}

/** One's own presence state, and how it is replaced. */
export function usePresence(): [state: unknown, set: (state: unknown) => void] {
	const held = useHeld();
	return [usePart(held.own), held.setOwn];
}

/** Sends signals of that name; `heard` is called for those of others, and re-renders nothing by itself. */
export function useSignal(
	name: string,
	heard?: (signal: Signal) => void,
): (data?: unknown, options?: { to?: string }) => void {
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

const IDLE = { state: "idle", result: undefined, error: undefined } as const;

/** A job of that kind: `ask` has it done, and what came of the latest is shown. */
export function useJob(name: string): Asked & { ask: (data?: unknown) => void } {
	const held = useHeld();
	const [asked, setAsked] = useState<Asked>(IDLE);
	const latest = useRef(0);
	const ask = useCallback(
		(data?: unknown): void => {
			const mine = ++latest.current;
			const show = (now: Asked): void => {
				if (mine === latest.current) setAsked(now);
			};
			show({ ...IDLE, state: "running" });
			held.room.requestJob(name, data).then(
				(result) => show({ ...IDLE, state: "done", result }),
				(error: RoomError) => show({ ...IDLE, state: "failed", error }),
			);
		},
		[held, name],
	);
	return { ...asked, ask };
}
