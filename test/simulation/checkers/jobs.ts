/** G5: a job is owed with its event or not at all, settles once, and its outcome reaches whom it concerns. */
import { JOBS_STARTED_PER_MEMBER_MAX } from "../../../src/protocol/job-limits.ts";
import type { Event, JobNotice } from "../../../src/protocol/messages.ts";
import type { Input, Settle } from "../../../src/room/inputs.ts";
import { type JobRow, jobId, jobNumber, type RangeRow } from "../../../src/room/jobs.ts";
import { LEASE_MS } from "../../room/house-rules.ts";
import { hold } from "../broken.ts";
import type { Clock } from "../clock.ts";
import type { Coverage } from "../coverage.ts";
import type { Commit, JobChange } from "../disk.ts";
import type { Ledger } from "../ledger.ts";
import type { Letter } from "../watch.ts";
import type { Sitting } from "./sitting.ts";

/** Which kind an event of that name must start, by design of the house rules. */
function startedBy(event: Event): { kind: string; purpose: string } | null {
	if (event.from === "room:events") return null;
	if (event.name === "chat" && String(event.data).includes("http")) return { kind: "card", purpose: "event" };
	if (event.name === "order") return { kind: "bill", purpose: "event" };
	if (event.name === "reviewed") return { kind: "check", purpose: "review" };
	return null;
}

/** True where a moderator or operator acted in it, and may have silenced someone. */
function silences({ heeded: inputs }: Commit): boolean {
	return inputs.some(
		(input) =>
			input.type === "moderate" ||
			(input.type === "frame" && input.messages.some((each) => "message" in each && each.message.type === "moderate")),
	);
}

const isSettled = ({ state }: Pick<JobRow, "state">): boolean => state === "done" || state === "failed";

export class Jobs {
	readonly #ledger: Ledger;
	readonly #coverage: Coverage;
	readonly #clock: Clock;
	/** When the platform took each job's newest run, by the clock that never goes back. */
	readonly #sentAt = new Map<string, number>();
	/** The jobs that the latest commit changed. */
	#settled: ReadonlySet<number> = new Set();
	/** The members that the latest commit erased. */
	#erasing: ReadonlySet<string> = new Set();
	/** The jobs that the latest commit was asked to try anew. */
	#replayed: ReadonlySet<string> = new Set();
	readonly #announced = new Set<string>();
	/** The ranges as they were stored last, each with the job that it is, or was. */
	readonly #ranges = new Map<string, RangeRow & { job: string }>();

	constructor(ledger: Ledger, clock: Clock, coverage: Coverage) {
		this.#clock = clock;
		this.#ledger = ledger;
		this.#coverage = coverage;
	}

	committed(commit: Commit): void {
		this.#settled = new Set(commit.jobsChanged.map(({ after }) => after.n));
		this.#erasing = new Set(
			commit.heeded.flatMap((input) =>
				input.type === "moderate" && input.action.action === "erase" ? [input.action.member] : [],
			),
		);
		this.#replayed = new Set(commit.heeded.flatMap((input) => (input.type === "replay" ? [input.job] : [])));
		for (const { purpose } of commit.jobsAdded) this.#coverage.count("job", purpose);
		for (const change of commit.jobsChanged) this.#changed(change, commit);
		for (const row of commit.ranges) this.#moved(row, commit);
		this.#silenced(commit);
		if (commit.heeded.some(({ type }) => type === "alarm")) this.#expired(commit.now);
		for (const input of commit.heeded) {
			// The room itself settles what was gone when it was asked for.
			if (input.type === "settle" && input.reply === null) this.#coverage.reach("job", "gone");
		}
		for (const { body, seq } of commit.appended) {
			const event = JSON.parse(body) as Event;
			const job = event.redacted === true ? null : startedBy(event);
			hold(
				job === null ||
					(job.purpose === "event" && this.#isFull(event.from, commit)) ||
					commit.jobsAdded.some((each) => each.seq === seq && each.kind === job.kind && each.purpose === job.purpose),
				"G5",
				() => `the event ${body} was stored without its job`,
			);
			if (event.name === "held" && event.from !== "room:operator") this.#released(event, commit);
			if (event.name === "room.job") this.#announce(event, commit);
		}
	}

	/** Whoever is banned or muted has nothing in hold any more that could appear later. */
	#silenced({ sanctions, sanctionsDropped }: Commit): void {
		for (const { kind, subject, member } of sanctions) {
			const isLifted = sanctionsDropped.some((row) => row.kind === kind && row.subject === subject);
			if (subject !== member || isLifted) continue;
			for (const row of this.#ledger.current?.jobs.values() ?? []) {
				const isHeld = row.purpose === "hold" && row.member === member && !isSettled(row);
				hold(!isHeld, "G10", () => `${member} was silenced (${kind}), and its ${row.ask} is held on`);
			}
		}
	}

	/** A range is sent again when its lease is over, or when it has failed. One that has lost its beginning is another run without that. */
	#moved(row: RangeRow, { heeded: inputs }: Commit): void {
		const now = this.#clock.steadyNow;
		const before = this.#ranges.get(row.kind);
		const job = this.#id(row);
		this.#ranges.set(row.kind, { ...row, job });
		if (before !== undefined) this.#holdOwed(before, row, inputs);
		if (row.state === "sent" && before?.state !== "sent") this.#sentAt.set(job, now);
		if (before?.n !== row.n || row.run <= before.run) return;
		const hasFailed = inputs.some((input) => input.type === "settle" && input.job === job);
		const sentMs = now - (this.#sentAt.get(job) ?? now);
		const isOver = before.state === "sent" && sentMs >= LEASE_MS;
		const isShorter = row.to === before.to && row.through > before.through;
		hold(
			hasFailed || isOver || isShorter,
			"G5",
			() => `the range ${job} was sent again after ${sentMs} ms, within its lease`,
		);
	}

	/** What a range is to take back is owed until that very range is done. */
	#holdOwed(before: RangeRow & { job: string }, after: RangeRow, inputs: readonly Input[]): void {
		const isKept =
			before.wiped.every((epoch) => after.wiped.includes(epoch)) &&
			before.erased.every((member) => after.erased.includes(member));
		const isDone = inputs.some(
			(input) => input.type === "settle" && input.job === before.job && input.outcome.state === "done",
		);
		hold(isKept || isDone, "G5", () => `the range ${before.job} counts as done, and nothing came of it`);
	}

	/** No event is held any longer than its check may take. */
	#expired(now: number): void {
		for (const row of this.#ledger.current?.jobs.values() ?? []) {
			const isLate = !isSettled(row) && row.deadlineAt !== null && row.deadlineAt <= now;
			hold(
				!isLate,
				"G5",
				() => `the event of ${this.#id(row)} is still held ${now - (row.deadlineAt ?? 0)} ms too long`,
			);
		}
	}

	/** A message is acknowledged when what it stands for is settled, or was sent again since. */
	acknowledged({ epoch, job, run }: Letter, isIdle: boolean): void {
		const { current } = this.#ledger;
		if (isIdle || current?.name !== epoch) return;
		const n = jobNumber(epoch, job);
		const row = n === null ? undefined : current.jobs.get(n);
		const isOpen = row !== undefined && !isSettled(row) && row.run <= run;
		const range = [...this.#ranges.values()].find((each) => each.n === n);
		const isUnderway = range !== undefined && (range.state === "waiting" || range.state === "sent") && range.run <= run;
		hold(!isOpen && !isUnderway, "G5", () => `the message of ${job} was acknowledged, and it is not settled`);
	}

	/** The room deleted all that it stored. */
	forgotten(): void {
		this.#ranges.clear();
	}

	/** True where a member's events have as many jobs under way as they may, or had in this turn: what is over is dropped. */
	#isFull(member: string, { jobsChanged }: Commit): boolean {
		const { current } = this.#ledger;
		if (current === null || current.jobs.size < JOBS_STARTED_PER_MEMBER_MAX) return false;
		const isTheirs = (row: JobRow): boolean => row.member === member && row.purpose === "event";
		const open = [...current.jobs.values()].filter((row) => isTheirs(row) && !isSettled(row)).length;
		const settled = jobsChanged.filter(({ after }) => isTheirs(after) && isSettled(after)).length;
		return open + settled >= JOBS_STARTED_PER_MEMBER_MAX;
	}

	#id({ n }: Pick<JobRow, "n">): string {
		return jobId(this.#ledger.current?.name ?? "", n);
	}

	#changed({ before, after }: JobChange, commit: Commit): void {
		const job = this.#id(after);
		const settles = commit.heeded.filter((input): input is Settle => input.type === "settle" && input.job === job);
		const isReplayed = this.#replayed.has(job);
		const isErased = commit.heeded.some((input) => input.type === "moderate" && input.action.action === "erase");
		if (isSettled(before)) {
			const isAgain = before.state === "failed" && isReplayed;
			if (isAgain) this.#coverage.reach("job", "replayed");
			hold(
				isAgain || (after.state === before.state && (after.outcome === before.outcome || isErased)),
				"G5",
				() =>
					`the job ${job} was ${before.state} with ${before.outcome} and became ${after.state} with ${after.outcome}`,
			);
			return;
		}
		if (before.state === "waiting" && after.state === "sent") this.#sentAt.set(job, this.#clock.steadyNow);
		const isSentAgain = before.state === "sent" && after.state === "waiting";
		hold(!isSentAgain || after.run > before.run, "G5", () => `the job ${job} is sent again as the same run`);
		// What has failed may be asked for anew in the turn that heard of it.
		const isAnew = isReplayed && settles.some(({ outcome }) => outcome.state === "failed");
		if (after.run > before.run && !isAnew) {
			const sentMs = this.#clock.steadyNow - (this.#sentAt.get(job) ?? Number.NEGATIVE_INFINITY);
			this.#coverage.reach("job", "sent again");
			hold(
				before.state === "sent" && sentMs >= LEASE_MS,
				"G5",
				() => `the job ${job} was sent again ${sentMs} ms after the platform took it, within its lease`,
			);
		}
		if (!isSettled(after)) return;
		// What a range lost is kept as a job that failed from the beginning.
		if (commit.jobsAdded.some(({ n, member }) => n === after.n && member === null)) return;
		const isLapsed = before.deadlineAt !== null && before.deadlineAt <= commit.now;
		const counts = settles.some(({ outcome, run }) => outcome.state === "done" || run === null || run >= before.run);
		if (isLapsed && !counts) this.#coverage.reach("job", "lapsed");
		if (after.state === "failed" && counts) this.#coverage.reach("job", "failed");
		hold(
			counts || isLapsed || isErased || (after.purpose === "hold" && after.state === "failed" && silences(commit)),
			"G5",
			() => `the job ${job} of run ${before.run} settled as ${after.state} though nothing that counts came`,
		);
		if (!isErased) this.#concluded(after, commit);
	}

	/** The outcome is owed to who asked until it is received, and a check that refuses an event takes it back. */
	#concluded(row: JobRow, commit: Commit): void {
		const job = this.#id(row);
		const isReceived = commit.heeded.some(
			(input) =>
				input.type === "frame" &&
				input.messages.some(
					(each) => "message" in each && each.message.type === "received" && each.message.jobs.includes(job),
				),
		);
		const concerns =
			row.purpose === "asked" || (row.purpose === "hold" && row.state === "failed") || row.kind === "bill";
		hold(!concerns || row.isOwed || isReceived, "G5", () => `the outcome of ${job} is owed to nobody`);
		if (row.purpose !== "review" || row.state !== "done" || row.seq === null) return;
		const { verdict } = (JSON.parse(row.outcome) ?? {}) as { verdict?: string };
		const event = this.#ledger.current?.at(row.seq);
		const isKept = row.seq >= (this.#ledger.meta?.kept ?? 1);
		hold(
			verdict !== "refuse" || !isKept || event?.body.endsWith('"redacted":true}') === true,
			"G5",
			() => `the check ${job} refuses ${event?.body}, which stands`,
		);
	}

	/** A held event is in the history only once its check has settled, and never where the check refuses it. */
	#released(event: Event, commit: Commit): void {
		const isCleared = commit.jobsChanged.some(
			({ after }) =>
				after.purpose === "hold" && after.member === event.from && after.ask === event.id && after.state === "done",
		);
		// One that was held and settled in one turn was added as settled.
		const isAdded = commit.jobsAdded.some(
			({ purpose, ask, member }) => purpose === "hold" && ask === event.id && member === event.from,
		);
		hold(isCleared || isAdded, "G5", () => `the held event ${event.id} was published without its check`);
		hold(event.data !== "rude", "G5", () => `the held event ${event.id} was published though its check refuses it`);
	}

	#announce({ data }: Event, commit: Commit): void {
		if (data === null) return;
		const { job } = data as { job: string };
		hold(!this.#announced.has(job), "G5", () => `the outcome of ${job} was announced twice`);
		this.#announced.add(job);
		const n = jobNumber(this.#ledger.current?.name ?? "", job);
		hold(
			commit.jobsChanged.some(({ after }) => after.n === n && after.state === "done"),
			"G5",
			() => `the outcome of ${job} was announced, and it is not settled`,
		);
	}

	notice(sitting: Sitting, { id, job, state, result, error }: JobNotice): void {
		if (this.#ledger.isWiping) return;
		const row = this.#row(job);
		hold(
			row !== undefined && row.member === sitting.member && row.ask === id,
			"G5",
			() => `${sitting.session} was told ${state} of ${job} under ${id}, which is not its own`,
		);
		if (state === "accepted" || state === "held") {
			// What a turn answers it may settle a moment later: the outcome follows, or the event came before.
			hold(
				!isSettled(row) || this.#settled.has(row.n),
				"G5",
				() => `${sitting.session} was told ${state} of ${job}, which is ${row.state}`,
			);
			return;
		}
		sitting.told.add(job);
		// What a turn tells as failed it may be asked to try anew a moment later.
		const isAnew = state === "failed" && this.#replayed.has(job);
		hold(
			isAnew || row.state === state,
			"G5",
			() => `${sitting.session} was told ${state} of ${job}, which is ${row.state}`,
		);
		if (state === "done") {
			const said = JSON.stringify(result);
			// What a turn tells it may erase a moment later.
			if (this.#erasing.has(sitting.member)) return;
			hold(said === row.outcome, "G5", () => `${sitting.session} was told ${said} of ${job}: ${row.outcome}`);
		} else {
			hold(error !== undefined, "G5", () => `${sitting.session} was not told why ${job} failed`);
		}
	}

	/** One who has just been welcomed has been told all that it is owed. */
	welcomed(sitting: Sitting): void {
		for (const row of this.#ledger.current?.jobs.values() ?? []) {
			if (!row.isOwed || !isSettled(row) || row.member !== sitting.member) continue;
			this.#coverage.reach("job", "owed later");
			const job = this.#id(row);
			hold(
				sitting.told.has(job),
				"G5",
				() => `${sitting.session} came back and was not told of ${job}, which it is owed`,
			);
		}
	}

	#row(job: string): JobRow | undefined {
		const n = jobNumber(this.#ledger.current?.name ?? "", job);
		return n === null ? undefined : this.#ledger.current?.jobs.get(n);
	}
}
