/** What comes over HTTP, from those who hold no socket: each is checked, done or refused, and answered. */
import type { Refusal } from "../protocol/codes.ts";
import type { Author } from "./author.ts";
import type { Door } from "./door.ts";
import type { Reply } from "./effects.ts";
import type { Erasures } from "./erasures.ts";
import type { Identity, Moderate, Post, Put } from "./inputs.ts";
import type { Moderation } from "./moderation.ts";
import type { Published, Publishing } from "./publish.ts";
import type { RoomRecord } from "./record.ts";
import type { Sanctions } from "./sanctions.ts";
import type { Hearing, Landing, SettingEntries } from "./setting.ts";
import type { Turn } from "./turn.ts";

interface Needs {
	record: RoomRecord;
	sanctions: Sanctions;
	door: Door;
	publishing: Publishing;
	setting: SettingEntries;
	moderation: Moderation;
	erasures: Erasures;
}

const refused = (refusal: Refusal): Reply => ({ outcome: "refused", refusal });

export class Posts {
	readonly #room: Needs;

	constructor(needs: Needs) {
		this.#room = needs;
	}

	post(post: Post, turn: Turn): void {
		const { door, publishing } = this.#room;
		const refusal = door.refusesPost(post, turn.now);
		if (refusal !== null) return turn.answer(post.reply, refused(refusal));
		const author = this.#authorOf(post);
		const published = publishing.publish(author, post.publish, turn.now);
		if (published.outcome === "refused") door.refusedPost(author, turn.now);
		turn.answer(post.reply, this.#published(published));
	}

	#authorOf({ member, name, can, address = null }: Identity): Author {
		return { member, name, can: this.#room.sanctions.effective(member, can), address };
	}

	#published(published: Published): Reply {
		if (published.outcome === "held") return { outcome: "held", job: this.#room.publishing.jobOf(published.job) };
		return published.outcome === "refused" ? published : { ...published, epoch: this.#room.record.epoch };
	}

	put(put: Put, turn: Turn): void {
		const { door, setting } = this.#room;
		const refusal = door.refusesPost(put, turn.now);
		if (refusal !== null) return turn.answer(put.reply, refused(refusal));
		const author = this.#authorOf(put);
		const hear: Hearing = (conflict, entry, later) =>
			later.answer(put.reply, { outcome: "conflict", refusal: conflict, entry });
		const landing = setting.set(author, put.set, hear, turn.now);
		if (landing.outcome !== "landed") door.refusedPost(author, turn.now);
		const reply = this.#landed(landing);
		if (reply !== null) turn.answer(put.reply, reply);
	}

	/** Null where it is answered at the turn's end. */
	#landed(landing: Landing): Reply | null {
		if (landing.outcome === "conflict") return null;
		return landing.outcome === "refused" ? landing : { ...landing, epoch: this.#room.record.epoch };
	}

	moderate({ action, by, reply }: Moderate, turn: Turn): void {
		const { door, erasures, moderation } = this.#room;
		let refusal = door.refusesModerator(by, turn.now);
		if (refusal === null && action.action === "erase") erasures.begin(action.member, by.member, turn);
		else if (refusal === null && action.action !== "erase") refusal = moderation.moderate(action, by.member, turn);
		turn.answer(reply, refusal === null ? { outcome: "done" } : refused(refusal));
	}
}
