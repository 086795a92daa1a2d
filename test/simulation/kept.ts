/** Seeds that once found something, by what it was: they run first for ever. */
export interface Kept {
	name: string;
	seed: number;
	/** What it found, and where. */
	was: string;
}

export const KEPT: readonly Kept[] = [
	{
		name: "a dead window is swept as another one closes",
		seed: 124,
		was: "G9: the sweep's earlier time ended the grace of a member whose other session had just left (room/presence.ts)",
	},
	{
		name: "a redaction is redacted",
		seed: 178,
		was: "the archive's range failed for ever at a `room.redacted` event without data (room/history.ts, jobs/archive)",
	},
	{
		name: "an erased member speaks again",
		seed: 171,
		was: "archive: what a member said after it was erased was erased from the archive too (jobs/archive)",
	},
	{
		name: "a member is erased while its event is held",
		seed: 159,
		was: "liveness: a publish that waited for its check was never answered (room/moderation.ts)",
	},
	{
		name: "a member is erased while its job is under way",
		seed: 178,
		was: "G5: what the job was asked with was written back after the erasure (room/outbox.ts)",
	},
	{
		name: "a room is wiped and joined in one turn",
		seed: 757,
		was: "G9: those whom the wipe dismissed were told of the new history's presence, and of its events (room/audience.ts)",
	},
	{
		name: "a turn fails and its author falls silent",
		seed: 1887,
		was: "G9: a message that was refused `internal` was no sign of life: closed 4002 too early (room/room.ts)",
	},
	{
		name: "a page of a replay fails",
		seed: 126,
		was: "liveness: a replay whose next turn threw stood still until something else happened (durable/room-body.ts)",
	},
	{
		name: "the clock goes back before a dead session is swept",
		seed: 2065,
		was: "the checker's own: 75 s of silence across a clock that went back 3 s looked like 72 (checkers/presence.ts)",
	},
	{
		name: "a post and a wipe in one turn",
		seed: 1100081,
		was: "the checker's own: what was acknowledged and wiped by one turn was looked for in the epoch that is gone (backend.ts)",
	},
	{
		name: "a job settles in the turn of its author's erasure",
		seed: 6443,
		was: "G5: what the job was about was written back after the erasure, and owed to the member (room/outbox.ts)",
	},
	{
		name: "an event is published in the turn of its author's erasure",
		seed: 11018,
		was: "erasure: what the turn had published itself was not found, and kept (room/moderation.ts, room/history.ts)",
	},
	{
		name: "a refusal is followed by a wipe",
		seed: 4006667,
		was: "G5: the refusal of one message was taken for the reason of the close, and of all else (client/connection.ts)",
	},
	{
		name: "an erasure and a wipe in one turn",
		seed: 701,
		was: "the checker's own: what a transaction wrote before it wiped was held against the new epoch (disk.ts)",
	},
	{
		name: "a guest joins in the turn in which its address is banned",
		seed: 11002817,
		was: "the checker's own: one who is let in and closed in one turn, unwelcomed, is in grace (checkers/presence.ts)",
	},
	{
		name: "sixty backends share three publishes a second",
		seed: 22165850501,
		was: "the checker's own: the turns until rest had a bound that did not grow with what was still asked for (checkers/rest.ts)",
	},
	{
		name: "one is removed in the turn that wipes",
		seed: 10819435814,
		was: "G2: it was told the first event of the new history before its close (room/audience.ts)",
	},
	{
		name: "one that is paused is told seven hundred refusals, two of them of turns that failed",
		seed: 119250410931,
		was: "G6: what a paused session was told of a turn that failed did not count (room/room.ts); and the checker's own: it allowed for few brackets (checkers/flow.ts)",
	},
	{
		name: "the sweep after a jump of the clock fails, and comes with a frame behind it",
		seed: 127596025213,
		was: "the checker's own: it took the sweep to come within a second of the jump (checkers/jury.ts)",
	},
	{
		name: "a range in flight loses its beginning after it was taken, and before that is known",
		seed: 771179,
		was: "G5: what was left of it was sent as another delivery (room/ranges.ts)",
	},
	{
		name: "what a rule said at an erased member's event is read before the erasure has reached it",
		seed: 555017202,
		was: "the checker's own: it took what was told as erased for another event (checkers/order.ts)",
	},
	{
		name: "one goes silent right after the clock was set back, and nothing else wakes the room",
		seed: 5685,
		was: "a mutant that survived: sweeps that stand still after a step back are seen here alone, of some three hundred",
	},
	{
		name: "a member is erased of whose words the rules' event alone is still kept",
		seed: 22572,
		was: "erasure: whose it was could not be known any more, so it was told on and stayed (room/veil.ts)",
	},
	{
		name: "an operator alone follows a room in which nothing is stored",
		seed: 600000694,
		was: "G1: it was told an epoch that a sleep would have forgotten (room/sessions.ts)",
	},
	{
		name: "a turn fails, and its author floods the room at once",
		seed: 77001360,
		was: "the checker's own: its time began with the first commit after a wake, and not with the wake (checkers/bounds.ts); and G8: what was refused `internal` cost nothing (room/room.ts)",
	},
	{
		name: "one who is alone goes silent, and someone asks who is here before a sweep",
		seed: 4955,
		was: "a mutant that survived: a room's own routes that do not look afresh are seen here alone, of three thousand",
	},
	{
		name: "what a rule's job came to is archived while its asker is being erased",
		seed: 700196348,
		was: "archive: a copy lost the room's own name with the member's, and the room's row did not (room/veil.ts)",
	},
	{
		name: "a clock is set back while a socket is stuck",
		seed: 700183033,
		was: "the checker's own: it counted what the room could not have seen (checkers/flow.ts)",
	},
	{
		name: "the turn that looks afresh fails, and the list is told as it was",
		seed: 700180738,
		was: "the checker's own: it took that for a look (backend.ts)",
	},
	{
		name: "the clock is set back by a minute, and catches up with the heartbeat of one who is gone",
		seed: 800004781,
		was: "G9: that heartbeat was taken for one that had just come (room/sessions.ts)",
	},
	{
		name: "events of a webhook are given up while they are on their way",
		seed: 900021464,
		was: "the checker's own: nobody can call back what is on its way (checkers/deliveries.ts)",
	},
	{
		name: "a room that woke after a step back fails at its turn, and sleeps when the clock has caught up",
		seed: 900021556,
		was: "the checker's own: that of two rooms only one knew of it is no loss (checkers/twin.ts)",
	},
	{
		name: "the clock is set back by a whole number of heartbeats",
		seed: 900017226,
		was: "the world's own: one millisecond was two heartbeats (clock-steps.ts)",
	},
	{
		name: "one is erased, and sets the same anew in the same turn",
		seed: 1000017704,
		was: "the checker's own: what is still stored of one who was erased is no value any more (checkers/state.ts)",
	},
	{
		name: "one is erased in a turn that has no room left for its rules",
		seed: 1100027222,
		was: "the checker's own: what a turn puts off it has not done (disk.ts)",
	},
	{
		name: "the clock steps back, a turn fails, and a deadline comes before any other turn",
		seed: 1200003552,
		was: "the checker's own: it knew of the step by what is stored alone (checkers/game.ts)",
	},
	{
		name: "frames that a turn has put off come again, and large ones behind them",
		seed: 1300034722,
		was: "the checker's own: it counted them twice (checkers/inbox.ts)",
	},
	{
		name: "a socket is full while rules have more to decide than a turn has room for",
		seed: 1500054432,
		was: "G6: that it was full waited with what was put off, and it was sent more meanwhile (room/room.ts)",
	},
	{
		name: "a flood is tried one by one as the last fault passes",
		seed: 1900009743,
		was: "the checker's own: it counted each of eight hundred of them as a turn that leads nowhere (checkers/rest.ts)",
	},
	{
		name: "a job fails, and is replayed in the turn that hears of it",
		seed: 1900026797,
		was: "the checker's own: it took that for a job sent again within its lease (checkers/jobs.ts)",
	},
];
