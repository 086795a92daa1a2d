/** Who publishes: small and large, new and again, cleared and refused. */
import { BURST_SECONDS } from "../../../../src/protocol/limits.ts";
import { ATTACKER_ADDRESS, type Attacker, keyOf } from "../stage.ts";
import { DEAR, emptyObjects, frameOfMany, LARGE, nested, PUBLISH_PER_SECOND, publish } from "./words.ts";

/** What repeats are sent at: a frame of a hundred, 300 KB a second. */
const REPEAT_FRAMES_PER_SECOND = 50;

/** So many guests of one network, each at the full rate. */
function publishing(guests: number, messageOf: (id: string, n: number) => unknown): Attacker["attack"] {
	return async (stage) => {
		const lines = await stage.guests(guests, { address: ATTACKER_ADDRESS });
		await stage.every(PUBLISH_PER_SECOND, (n) => {
			for (const [who, line] of lines.entries()) void line.send(messageOf(`${who}-${n}`, n));
		});
	};
}

/** Says one thing, and says it again and again. */
function repeating(name: string, first: unknown, again: unknown): Attacker["attack"] {
	return async (stage) => {
		const line = await stage.guest({ key: keyOf(1) });
		await line.send(publish("again", first, name));
		const frame = frameOfMany(() => publish("again", again, name));
		await stage.every(REPEAT_FRAMES_PER_SECOND, () => line.sendBytes(frame));
	};
}

/** A frame of a hundred of the same, as fast as it is read. */
function flooding(message: (n: number) => unknown): Attacker["attack"] {
	return async (stage) => {
		const line = await stage.guest();
		const frame = frameOfMany(message);
		await stage.flood(() => line.sendBytes(frame));
	};
}

const brackets = `http://a${")".repeat(LARGE.length - 40)}`;
/** As long as a link may be, and what is taken from a link's end does not stand at its end. */
const bracketsWithin = `http://a${")".repeat(1_980)}x`;
/** How many events a bucket lets pass at once. */
const BURST = PUBLISH_PER_SECOND * BURST_SECONDS;
const deep: unknown = JSON.parse(`[${Array.from({ length: 480 }, () => nested(31)).join(",")}]`);

export const PUBLISHERS: readonly Attacker[] = [
	{
		name: "publish small",
		does: "20 guests of one network publish 50 small events a second each",
		isWithinRates: true,
		attack: publishing(20, (id) => publish(id, { text: "hi" })),
	},
	{
		name: "publish large",
		does: "a guest publishes 50 events of 32 KB a second",
		isWithinRates: true,
		attack: publishing(1, (id) => publish(id, LARGE)),
	},
	{
		name: "publish large, five, 200 members",
		does: "five guests publish 50 events of 32 KB a second each, to 200 others",
		isWithinRates: true,
		audience: 180,
		attack: publishing(5, (id) => publish(id, LARGE)),
	},
	{
		name: "publish deep",
		does: "50 events a second of 480 arrays that nest 31 deep",
		isWithinRates: true,
		attack: publishing(1, (id) => publish(id, deep)),
	},
	{
		name: "publish objects",
		does: "50 events a second of 10,000 empty objects",
		isWithinRates: true,
		attack: publishing(1, (id) => `{"type":"publish","id":"${id}","name":"note","data":${emptyObjects(0, 32_000)}}`),
	},
	{
		name: "publish padded",
		does: "50 small events a second beside 20,000 empty objects that nobody knows",
		isWithinRates: true,
		attack: publishing(
			1,
			(id) => `{"type":"publish","id":"${id}","name":"note","data":0,"padding":${emptyObjects(200)}}`,
		),
	},
	{
		name: "publish brackets",
		does: "50 chats a second of a link and 32,000 closing brackets: cheap to send, dear to read",
		isWithinRates: true,
		attack: publishing(1, (id) => publish(id, { text: brackets }, "chat")),
	},
	{
		name: "publish brackets within",
		does: "five guests of one network each send 100 chats at once and then 50 a second of a link that is 1,980 closing brackets and a letter",
		isWithinRates: true,
		attack: async (stage) => {
			const lines = await stage.guests(5, { address: ATTACKER_ADDRESS });
			const chat = (id: string) => publish(id, { text: bracketsWithin }, "chat");
			const frames = [0, 1, 2, 3].map((n) => frameOfMany((i) => chat(`b${n}-${i}`), BURST / 4));
			for (const line of lines) void line.sendBytes(Buffer.concat(frames));
			await stage.every(PUBLISH_PER_SECOND, (n) => {
				for (const line of lines) void line.send(chat(`s${n}`));
			});
		},
	},
	{
		name: "publish reviewed, of many",
		does: "100 guests of one network, 50 events a second each that are looked at again, until nobody's are",
		isWithinRates: false,
		attack: async (stage) => {
			const lines = await stage.guests(100, { address: ATTACKER_ADDRESS });
			await stage.every(PUBLISH_PER_SECOND, (n) => {
				for (const [guest, line] of lines.entries())
					void line.send(publish(`r${guest}-${n}`, { text: "hi" }, "remark"));
			});
		},
	},
	{
		name: "publish of many identities",
		does: "100 guests of one network, 50 events of 2 KB a second each",
		isWithinRates: false,
		attack: async (stage) => {
			const lines = await stage.guests(100, { address: ATTACKER_ADDRESS });
			const data = LARGE.slice(0, 2_000);
			await stage.every(PUBLISH_PER_SECOND, (n) => {
				for (const [guest, line] of lines.entries()) void line.send(publish(`m${guest}-${n}`, data));
			});
		},
	},
	{
		name: "publish reviewed",
		does: "50 events of 32 KB a second that are each looked at again",
		isWithinRates: true,
		attack: publishing(1, (id) => publish(id, { text: LARGE.slice(20) }, "remark")),
	},
	{
		name: "publish held",
		does: "50 events of 32 KB a second that are held, and then refused as too many jobs",
		isWithinRates: true,
		attack: publishing(1, (id) => publish(id, { text: LARGE.slice(20) }, "post")),
	},
	{
		name: "publish repeated",
		does: "50 frames a second of 100 repeats of one event of 10,000 empty objects, with other data",
		isWithinRates: true,
		attack: repeating("note", DEAR, 0),
	},
	{
		name: "publish held repeated",
		does: "50 frames a second of 100 repeats of one held event of 10,000 empty objects, with other data",
		isWithinRates: true,
		attack: repeating("post", DEAR, 0),
	},
	{
		name: "publish conflict",
		does: "frames of 100 publishes that expect another head, without end",
		isWithinRates: true,
		attack: flooding((n) => ({ ...publish(`c${n}`), expect: 1e9 })),
	},
	{
		name: "publish reserved",
		does: "frames of 100 publishes of a name that is the room's own, without end",
		isWithinRates: true,
		attack: flooding((n) => publish(`r${n}`, 0, "room.mine")),
	},
	{
		name: "publish flood",
		does: "frames of 100 small publishes without end",
		isWithinRates: false,
		attack: async (stage) => {
			const line = await stage.guest();
			await stage.flood((n) => line.sendBytes(frameOfMany((i) => publish(`${n}-${i}`))));
		},
	},
	{
		name: "publish too large",
		does: "50 events of 60 KB a second, which are refused",
		isWithinRates: true,
		attack: publishing(1, (id) => publish(id, "x".repeat(60_000))),
	},
];
