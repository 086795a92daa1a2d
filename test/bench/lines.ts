/** How members come into a room of each contender that keeps a state. */
import { Client, Protocol } from "@colyseus/sdk";
import WebSocket from "ws";
import { packFrames } from "../../src/protocol/codec.ts";
import { FRAME_BYTES_MAX, MESSAGES_PER_FRAME_MAX } from "../../src/protocol/limits.ts";
import type { Change, Lines } from "./sets.ts";

const STATE = '[{"type":"state",';
const ACK = ',{"type":"ack",';

interface Told {
	type: string;
	entries?: { key: string; value: number }[];
}

/** Rotunda's, over bare sockets. */
export function rotundaLines(port: number, room: string): Lines {
	let ids = 0;
	return {
		open: (hear) =>
			new Promise((resolve, reject) => {
				const socket = new WebSocket(`ws://127.0.0.1:${port}/rooms/${room}?history=0`, { perMessageDeflate: false });
				const line = {
					set: (changes: readonly Change[]) => {
						const messages = changes.map(
							([key, value]) => `{"type":"set","id":"${ids++}","key":"${key}","value":${value}}`,
						);
						for (const frame of packFrames(messages, FRAME_BYTES_MAX, MESSAGES_PER_FRAME_MAX)) socket.send(frame);
					},
					close: () => socket.terminate(),
				};
				socket.on("error", reject);
				socket.on("message", (frame: Buffer) => {
					const begins = frame.toString("latin1", 0, 20);
					if (begins.startsWith('[{"type":"welcome"')) resolve(line);
					// Behind what all are told stands what answers this one.
					const end = frame.indexOf(ACK);
					hear(frame.length, begins.startsWith(STATE) ? frame.subarray(0, end < 0 ? -1 : end) : null);
				});
			}),
		read: (shared) =>
			(JSON.parse(`${Buffer.from(shared).toString()}]`) as Told[]).flatMap(({ entries = [] }) =>
				entries.map(({ key, value }): Change => [key, value]),
			),
	};
}

/** Colyseus', by its own SDK: whatever it decodes for one member it is spared for the others, who are sent the same bytes. */
export function colyseusLines(port: number, room: string): Lines {
	let changes: Change[] = [];
	let decode: ((frame: Uint8Array) => void) | null = null;
	return {
		open: async (hear) => {
			const joined = await new Client(`http://127.0.0.1:${port}`).joinOrCreate("bench", { name: room });
			await new Promise<void>((resolve) => joined.onStateChange.once(() => resolve()));
			const { decoder } = joined.serializer as unknown as {
				decoder: {
					decode(bytes: Uint8Array, at: { offset: number }): void;
					triggerChanges(changes: { dynamicIndex?: number | string; value: number }[]): void;
				};
			};
			if (decode === null) {
				decoder.triggerChanges = (all) => {
					for (const { dynamicIndex: key, value } of all) if (typeof key === "string") changes.push([key, value]);
				};
				decode = (frame) => decoder.decode(frame, { offset: 1 });
			}
			joined.connection.events.onmessage = ({ data }: { data: ArrayBuffer }) => {
				const frame = new Uint8Array(data);
				hear(frame.length, frame[0] === Protocol.ROOM_STATE_PATCH ? frame : null);
			};
			return {
				set: (changes) => {
					for (const change of changes) joined.send("set", change);
				},
				close: () => {
					joined.reconnection.enabled = false;
					void joined.leave();
				},
			};
		},
		read: (patch) => {
			changes = [];
			decode?.(patch);
			return changes;
		},
	};
}
