/**
 * Where the others point. Drawn by hand rather than rendered: twenty times a second for each
 * member, and nothing else on the page depends on it.
 */
import type { Room } from "../../client/room.ts";
import type { Member, Signal } from "../../protocol/messages.ts";
import { hueOf } from "./hue.ts";

const IDLE_MS = 6000;
const SENT_EVERY_MS = 50;
const DRAWN_MAX = 50;

interface Drawn {
	member: string;
	element: HTMLElement;
	label: HTMLElement;
	idle: ReturnType<typeof setTimeout>;
}

export class Cursors {
	/** The element over the message area that cursors are drawn into. */
	layer: HTMLElement | null = null;
	/** By session: one member may point with two hands. */
	#drawn = new Map<string, Drawn>();
	#names = new Map<string, string>();
	#next: { x: number; y: number } | null = null;
	#sending: ReturnType<typeof setTimeout> | undefined;

	hear({ from, session, data }: Signal): void {
		const place = placeIn(data);
		if (place === null) return this.#drop(session);
		const drawn = this.#drawn.get(session) ?? this.#draw(from, session);
		if (drawn === null) return;
		clearTimeout(drawn.idle);
		drawn.idle = setTimeout(() => this.#drop(session), IDLE_MS);
		drawn.element.style.translate = `${place.x * 100}cqw ${place.y * 100}cqh`;
		// Near the right edge the label would be cut off: it turns to the other side.
		drawn.element.classList.toggle("flipped", place.x > 0.8);
	}

	rename(members: ReadonlyMap<string, Member>): void {
		this.#names = new Map([...members.values()].map(({ id, name }) => [id, name]));
		for (const { member, label } of this.#drawn.values()) label.textContent = this.#nameOf(member);
	}

	/** Drops the cursors of those who left. */
	keep(members: ReadonlyMap<string, Member>): void {
		for (const [session, { member }] of this.#drawn) if (!members.has(member)) this.#drop(session);
	}

	clear(): void {
		for (const session of [...this.#drawn.keys()]) this.#drop(session);
	}

	/** Tells the room where one points; null where nowhere. At most twenty times a second, the last one always. */
	point(room: Room, place: { x: number; y: number } | null): void {
		if (place === null) {
			clearTimeout(this.#sending);
			this.#sending = undefined;
			this.#next = null;
			room.signal("cursor", null);
			return;
		}
		if (this.#sending !== undefined) {
			this.#next = place;
			return;
		}
		room.signal("cursor", place);
		this.#sending = setTimeout(() => {
			this.#sending = undefined;
			const next = this.#next;
			this.#next = null;
			if (next !== null) this.point(room, next);
		}, SENT_EVERY_MS);
	}

	#nameOf(member: string): string {
		return this.#names.get(member) ?? "Somebody";
	}

	#draw(member: string, session: string): Drawn | null {
		if (this.layer === null || this.#drawn.size >= DRAWN_MAX) return null;
		const element = document.createElement("div");
		element.className = "cursor tinted";
		element.style.setProperty("--hue", hueOf(member));
		const arrow = document.createElement("span");
		arrow.className = "arrow";
		const label = document.createElement("bdi");
		label.className = "label";
		label.textContent = this.#nameOf(member);
		element.append(arrow, label);
		this.layer.append(element);
		const drawn: Drawn = { member, element, label, idle: setTimeout(() => {}, 0) };
		this.#drawn.set(session, drawn);
		return drawn;
	}

	#drop(session: string): void {
		const drawn = this.#drawn.get(session);
		if (drawn === undefined) return;
		clearTimeout(drawn.idle);
		drawn.element.remove();
		this.#drawn.delete(session);
	}
}

function placeIn(data: unknown): { x: number; y: number } | null {
	if (typeof data !== "object" || data === null || !("x" in data) || !("y" in data)) return null;
	const { x, y } = data;
	const isShare = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 1;
	return isShare(x) && isShare(y) ? { x, y } : null;
}
