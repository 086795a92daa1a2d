/** The same hooks, checked against an app: `const { useEvents } = hooksOf<typeof app>()`. */
import type { Room } from "../client/room.ts";
import type {
	EntryKey,
	EntryValue,
	EventOf,
	JobData,
	JobName,
	JobResult,
	MemberOf,
	PresentEntryOf,
	SetKey,
	SetValue,
	SignalData,
	SignalName,
	SignalOf,
	StateOf,
} from "../client/typed.ts";
import type { Given, Typed } from "../protocol/app-types.ts";
import {
	type Asked,
	type Doing,
	type Events,
	type SetEntry,
	useConnection,
	useEntries,
	useEntry,
	useEvents,
	useJob,
	useMe,
	useMembers,
	usePresence,
	useRoom,
	useSet,
	useSignal,
} from "./hooks.ts";

/** Those of that name; all of them where they are not told apart. */
type Named<All, N> = [Extract<All, { name: N }>] extends [never] ? All : Extract<All, { name: N }>;

export interface EventsOf<E> extends Omit<Events, "events"> {
	events: readonly E[];
}

export interface HereOf<A extends Typed> {
	/** By id: in a room of more than 200, a sample. */
	members: ReadonlyMap<string, MemberOf<A>>;
	count: number;
}

export type AskedOf<Result> =
	| { state: "idle" | "running"; result: undefined; error: undefined }
	| { state: "done"; result: Result; error: undefined }
	| Extract<Asked, { state: "failed" }>;

export interface RoomHooks<A extends Typed> {
	useRoom(): Pick<Room<A>, keyof Doing>;
	useEvents(): EventsOf<EventOf<A>>;
	useEvents<N extends EventOf<A>["name"]>(name: N): EventsOf<Named<EventOf<A>, N>>;
	useEntry<K extends EntryKey<A>>(key: K): [value: EntryValue<A, K> | null, set: SetEntry<SetValue<A, K>>];
	useEntries<P extends string = string>(prefix?: P): readonly PresentEntryOf<A, P>[];
	useSet<K extends SetKey<A>>(key: K): SetEntry<SetValue<A, K>>;
	useMembers(): HereOf<A>;
	useMembers<T>(select: (here: HereOf<A>) => T): T;
	usePresence(): [state: StateOf<A> | null, set: (state: StateOf<A> | null) => void];
	useSignal<N extends SignalName<A>>(
		name: N,
		heard?: (signal: Named<SignalOf<A>, N>) => void,
	): (...given: Given<SignalData<A, N>, [options?: { to?: string }]>) => void;
	useJob<N extends JobName<A>>(name: N): AskedOf<JobResult<A, N>> & { ask: (...given: Given<JobData<A, N>>) => void };
	useConnection: typeof useConnection;
	useMe: typeof useMe;
}

/** The hooks of an app's rooms; nothing of the app is in the page. */
export function hooksOf<A extends Typed = Typed>(): RoomHooks<A> {
	const hooks = {
		...{ useRoom, useConnection, useMe, useEntry, useEntries, useSet },
		...{ useEvents, useMembers, usePresence, useSignal, useJob },
	};
	return hooks as unknown as RoomHooks<A>;
}
