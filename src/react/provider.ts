/** The room of the components inside. */
import { createElement, type ReactNode, useEffect, useState } from "react";
import type { Room } from "../client/room.ts";
import { type HeldOptions, HeldRoom } from "./held-room.ts";
import { RoomContext } from "./hooks.ts";

export type RoomProviderProps = HeldOptions & { children?: ReactNode } & (
		| {
				/** The room's URL: `https://host/rooms/lobby`; in a page it may be relative. Another URL is another room. */
				url: string;
				room?: undefined;
		  }
		| {
				url?: undefined;
				/** A room that is joined, and left, elsewhere: of a test, or of a page that is not all React. */
				room: Room;
		  }
	);

/** Joins when it is mounted in a page, and leaves when it is not mounted any more; on a server it only shows what it is given. */
export function RoomProvider({ children, url, room, ...options }: RoomProviderProps) {
	// Another room is another provider: nothing of the one before is shown.
	return createElement(Providing, { key: url ?? "", from: url ?? room, options }, children);
}

interface Providing {
	from: string | Room;
	options: HeldOptions;
	children?: ReactNode;
}

function Providing({ from, options, children }: Providing) {
	const [held] = useState(() => new HeldRoom(from, options));
	useEffect(() => held.hold(), [held]);
	return createElement(RoomContext.Provider, { value: held }, children);
}
