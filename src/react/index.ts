/** `rotunda/react`: rooms as hooks. */
export type { Here, Rendered } from "./held-room.ts";
export {
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
export { RoomProvider, type RoomProviderProps } from "./provider.ts";
export { type AskedOf, type EventsOf, type HereOf, hooksOf, type RoomHooks } from "./typed.ts";
