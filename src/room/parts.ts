/** The parts of a room and how they are put together: each is given what it needs of those before it. */
import { NO_RULES, type Rules } from "../protocol/rules.ts";
import type { Settings } from "../protocol/settings.ts";
import { Buckets } from "./buckets.ts";
import { CatchUp } from "./catch-up.ts";
import { answeringAmong, type Concern } from "./concern.ts";
import { Dispatch } from "./dispatch.ts";
import { Door } from "./door.ts";
import { DroppedJobs } from "./dropped-jobs.ts";
import { Emptiness } from "./emptiness.ts";
import { Erasures } from "./erasures.ts";
import { History } from "./history.ts";
import { JobReading } from "./job-reading.ts";
import { KeyRing, publishKeys, setKeys } from "./key-ring.ts";
import { Moderation } from "./moderation.ts";
import { Outbox } from "./outbox.ts";
import { Patience } from "./patience.ts";
import { Placing } from "./placing.ts";
import { Posts } from "./posts.ts";
import { Publishing } from "./publish.ts";
import { Ranges } from "./ranges.ts";
import { RoomRecord } from "./record.ts";
import { Remains } from "./remains.ts";
import { Requests } from "./requests.ts";
import { Retention } from "./retention.ts";
import { RoomClock } from "./room-clock.ts";
import { Roster } from "./roster.ts";
import { Comings } from "./rules/comings.ts";
import { DeadlineBook } from "./rules/deadline-book.ts";
import { RuleDeadlines } from "./rules/deadlines.ts";
import { Decisions } from "./rules/decisions.ts";
import { Dice } from "./rules/dice.ts";
import { Rulings } from "./rules/rulings.ts";
import { Sanctions } from "./sanctions.ts";
import type { Attachment } from "./session.ts";
import { Sessions } from "./sessions.ts";
import { SettingEntries } from "./setting.ts";
import { Settlement } from "./settlement.ts";
import { State } from "./state.ts";
import { StateList } from "./state-list.ts";
import { StateRecord } from "./state-record.ts";
import { StateReplay } from "./state-replay.ts";
import type { RoomStore } from "./store.ts";
import { Veil } from "./veil.ts";

/** What a room is told of the world when it wakes. */
export interface World {
	room: string;
	settings: Settings;
	/** Unix ms. */
	now: number;
	/** A random epoch, for a room in which nothing is stored yet. */
	epochIfNew: string;
	/** A random key, for the same. */
	saltIfNew?: string;
	rules?: Rules;
}

export type Parts = ReturnType<typeof furnish>;

/** What the other parts stand on: what is stored, who is here, and what is owed. */
function ground(store: RoomStore, attachments: readonly Attachment[], world: World) {
	const { room: name, settings, now, epochIfNew, saltIfNew = "", rules = NO_RULES } = world;
	const buckets = new Buckets();
	const record = new RoomRecord(store, { epochIfNew, saltIfNew });
	const sanctions = new Sanctions(store);
	const roster = new Roster(store, record, attachments, now);
	const { memberSessionsMax } = settings;
	const sessions = new Sessions(attachments, now, { record, roster, sanctions, memberSessionsMax });
	const veil = new Veil(store, record);
	const stateRecord = new StateRecord(store);
	const state = new State({ store, settings, rules, record, stateRecord, sessions, veil });
	const history = new History(store, record, veil, () => sessions.behind.size > 0);
	const outbox = new Outbox(store, record, veil, rules);
	const ranges = new Ranges(rules.ranges, { store, record, roster });
	const deadlineBook = new DeadlineBook(store, record);
	const kept = { record, sanctions, roster, sessions, veil, stateRecord, state, history, outbox, ranges, deadlineBook };
	return { name, store, settings, rules, buckets, ...kept };
}

/** How the app's rules decide, and what becomes of that. */
function rulesRoom(first: ReturnType<typeof ground>) {
	const dice = new Dice(first.record);
	const dropped = new DroppedJobs();
	const placing = new Placing({ ...first, dropped });
	const rulings = new Rulings({ ...first, placing });
	const decisions = new Decisions({ ...first, dice, rulings });
	const ruleDeadlines = new RuleDeadlines({ ...first, placing, decisions });
	const comings = new Comings({ ...first, decisions });
	return { dice, dropped, placing, decisions, ruleDeadlines, comings };
}

/** What answers those who come, and what it hands on. */
function service(first: ReturnType<typeof ground> & ReturnType<typeof rulesRoom>) {
	const { record, sanctions, roster, buckets } = first;
	const erasures = new Erasures(first);
	const publishing = new Publishing(first);
	const setting = new SettingEntries(first);
	const settlement = new Settlement({ ...first, publishing });
	const dispatch = new Dispatch(first);
	const jobs = new JobReading(first);
	const stateList = new StateList(first);
	const moderation = new Moderation({ ...first, settlement });
	const catchUp = new CatchUp({ ...first, stateReplay: new StateReplay(first) });
	const requests = new Requests({ ...first, publishing, setting, moderation, catchUp });
	const patience = new Patience(first);
	const door = new Door(record, roster, sanctions, buckets);
	const posts = new Posts({ ...first, publishing, setting, moderation, erasures, door });
	const asked = { publishing, setting, moderation, requests, posts, door, patience };
	return { ...asked, erasures, settlement, dispatch, jobs, stateList, catchUp };
}

export function furnish(store: RoomStore, attachments: readonly Attachment[], world: World) {
	const grounds = ground(store, attachments, world);
	const first = { ...grounds, ...rulesRoom(grounds) };
	const served = service(first);
	const { settings, record, sanctions, roster, sessions, history, outbox, ranges, state, stateRecord } = first;
	const { deadlineBook, comings, decisions, dice, dropped } = first;
	const { erasures, publishing, setting, settlement, dispatch, catchUp, patience } = served;
	const retention = new Retention({ ...first, dispatch, bounds: settings });
	const keyRings = [new KeyRing(publishKeys(store, record)), new KeyRing(setKeys(store, stateRecord))];
	const remains = new Remains(store);
	/** All that the room looks after, in the order in which they write: the records last, and then what reads all of it. */
	const concerns: Concern[] = [sanctions, roster, comings, deadlineBook, sessions];
	const emptiness = new Emptiness(record, concerns);
	concerns.push(emptiness, erasures, history, publishing, outbox, settlement, ranges, retention, ...keyRings);
	const clock = new RoomClock(concerns);
	concerns.push(state, setting, remains, stateRecord, decisions, dropped, dice, record, catchUp, patience, clock);
	clock.stand(world.now);
	return { ...first, ...served, emptiness, concerns, answering: answeringAmong(concerns), clock };
}
