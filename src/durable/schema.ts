/**
 * The room's tables, and how a stored room is brought up to this version of the code.
 *
 * Rooms that were stored are kept. One may hold 1 GiB and a million keys, and whoever comes to it first waits for all
 * of its steps, which are one transaction. So a step's cost does not grow with a table: it reads and writes no row of
 * a table that grows.
 *
 * - It may create, rename, and add a column that may be null or has a constant default: SQLite notes these in its
 *   schema alone. It creates no index on a table that has rows, drops no column and no such table, and copies nothing.
 *   (`alter column … drop not null` would be as cheap, and is refused on the platform.)
 * - What an earlier version wrote stays as it wrote it. The code reads both, until the older rows are gone by age.
 * - A step is never changed once it is published: add one, and a fixture of what the version before it stores
 *   (test/fixtures/README.md). Every fixture is opened by a test, and another counts the rows that a step touches.
 */

/** The version whose tables a new room begins with; the steps after it are the same for all rooms. */
const BASE_VERSION = 2;

const BASE = `
	create table meta (
		one integer primary key check (one = 1),
		epoch text not null,
		head integer not null,
		floor integer not null,
		kept integer not null,
		held_bytes integer not null,
		jobs integer not null,
		is_locked integer not null,
		salt text not null,
		at integer not null,
		floor_at integer,
		bytes integer not null,
		key_at integer,
		key_seq integer,
		empty_since integer
	) strict;
	create table roster (
		place integer primary key,
		member text not null unique,
		name text not null,
		state text not null,
		gone_since integer,
		address text
	) strict;
	-- What an event says of itself is said in its body alone: columns beside it were half the work of an append.
	create table events (
		seq integer primary key,
		at integer not null,
		body text not null
	) strict;
	-- One text a key: a member's id, a space, which no member's id holds, and the publish's id.
	-- No index by age: it would cost a row written for each publish, to save an hourly scan.
	create table publish_keys (
		key text primary key,
		seq integer not null,
		at integer not null
	) strict, without rowid;
	create table jobs (
		n integer primary key,
		kind text not null,
		purpose text not null,
		member text,
		ask text,
		seq integer,
		state text not null,
		run integer not null,
		due_at integer not null,
		deadline_at integer,
		is_owed integer not null,
		at integer not null,
		input text not null,
		outcome text not null
	) strict;
	create index jobs_asked on jobs (member, ask) where ask is not null;
	create index jobs_in_hand on jobs (n) where state in ('waiting', 'sent') or is_owed;
	create table ranges (
		kind text primary key,
		through integer not null,
		end integer,
		n integer not null,
		state text not null,
		run integer not null,
		due_at integer not null,
		reason text not null,
		told integer not null,
		wiped text not null,
		erased text not null
	) strict, without rowid;
	create table sanctions (
		kind text not null,
		subject text not null,
		member text not null,
		until integer,
		unique (kind, subject, member)
	) strict;
`;

/**
 * Each once, in order; the first brings version 1 to version 2. The version of a store is how many it has seen, with
 * that which made it. Statement by statement: the platform counts the rows of a text's last one alone.
 */
export const STEPS: readonly (readonly string[])[] = [
	[
		// Of version 1 an event has columns that nobody fills any more: a trigger does. Whoever adds a column renews it.
		`create trigger events_filled before insert on events when new.member is null begin
			insert into events (seq, at, member, name, bytes, body) values (new.seq, new.at, '', '', 0, new.body);
			select raise(ignore);
		end`,
		// Its keys are in two columns. They stay apart until the last of them has expired, which is a matter of a day.
		"alter table publish_keys rename to publish_keys_1",
		`create table publish_keys (
			key text primary key,
			seq integer not null,
			at integer not null
		) strict, without rowid`,
	],
	[
		// By which a repeat of a held event is known, without reading it.
		"alter table jobs add column digest text not null default ''",
		// Which events tell what a job made of an event. What was stored before has no row here, and is looked for.
		`create table abouts (
			subject integer not null,
			seq integer not null,
			primary key (subject, seq)
		) strict, without rowid`,
		"create table unindexed (before integer not null) strict",
		"insert into unindexed select head + 1 from meta where head > 0",
		`create table erasures (
			member text primary key,
			eraser text not null,
			through integer not null,
			done integer not null
		) strict, without rowid`,
		// Keys go a generation at a time. Those that stand elsewhere are of an older one, whatever comes.
		"create table keys_0 (key text primary key, seq integer not null, digest text not null) strict, without rowid",
		"create table keys_1 (key text primary key, seq integer not null, digest text not null) strict, without rowid",
		"create table key_turn (newer integer not null) strict",
		"insert into key_turn values (0)",
		"alter table meta add column older_at integer",
		"alter table meta add column older_seq integer",
		"update meta set older_at = at, older_seq = head where key_at is not null",
		"update meta set key_at = null, key_seq = null",
	],
	[
		// While an event is looked for that a range's receiver does not take: how many are tried at once, and how many it was.
		"alter table ranges add column most integer not null default 0",
		"alter table ranges add column aside integer not null default 0",
		"alter table jobs add column name text not null default ''",
	],
	[
		// When the clock was last found to have been ahead, and the newest event then.
		"alter table meta add column set_back_at integer",
		"alter table meta add column set_back_seq integer",
		// When it was imposed: what a clock that was ahead imposed is known by it.
		"alter table sanctions add column since integer",
	],
	[
		// Which jobs have failed. Of those that were stored before only what fails from now on is here: they are looked for.
		"create table failed_jobs (n integer primary key) strict",
		"create table unlisted (before integer not null) strict",
		"insert into unlisted select jobs + 1 from meta where jobs > 0",
	],
	[
		// For how long a range that waits was put off. Of one that waits already that is not known: a day at most.
		"alter table ranges add column wait_ms integer not null default 86400000",
	],
	[
		// An erasure that was under way had taken back what its member's jobs hold when it began: nothing is left to do.
		"alter table erasures add column jobs_through integer not null default 0",
		"alter table erasures add column jobs_done integer not null default 0",
	],
	[
		`create table state (
			one integer primary key check (one = 1),
			version integer not null,
			entries integer not null,
			bytes integer not null,
			drops integer not null,
			forgotten integer not null,
			dropped_at integer,
			sets integer not null,
			key_at integer,
			key_seq integer,
			older_at integer,
			older_seq integer,
			deserted_at integer
		) strict`,
		// In the order of their changes, as they are read by those who catch up. A drop has no value.
		`create table entries (
			version integer primary key,
			key text not null unique,
			at integer not null,
			member text not null,
			holder text not null,
			owner text,
			is_sum integer not null,
			value text
		) strict`,
		"create index entries_owned on entries (owner, version) where owner is not null",
		"create index entries_dropped on entries (version, at) where value is null",
		"create table holdings (member text primary key, entries integer not null, bytes integer not null) strict, without rowid",
		// As those of publishes.
		"create table set_keys_0 (key text primary key, version integer not null, digest text not null) strict, without rowid",
		"create table set_keys_1 (key text primary key, version integer not null, digest text not null) strict, without rowid",
		"create table set_key_turn (newer integer not null) strict",
		"insert into set_key_turn values (0)",
		// An erasure that was under way began where there was no entry.
		"alter table erasures add column state_through integer not null default 0",
		"alter table erasures add column state_done integer not null default 0",
	],
	[
		// What rules have set for later: few.
		"create table deadlines (name text primary key, at integer not null, wait_ms integer not null, data text not null) strict, without rowid",
		// How many decisions have thrown dice.
		"alter table meta add column decisions integer not null default 0",
	],
];

/** The version that this code reads and writes. */
export const VERSION = 1 + STEPS.length;

/**
 * The version of what is stored: 0 where nothing ever was. Only reads: `pragma user_version`
 * is refused on the platform, so the version has a table of its own.
 */
export function storedVersion(sql: SqlStorage): number {
	const exists = sql.exec("select 1 from sqlite_master where type = 'table' and name = 'schema'").toArray();
	if (exists.length === 0) return 0;
	return sql.exec<{ version: number }>("select version from schema").one().version;
}

/** Brings the store from `version` to the newest. Inside a transaction. */
export function migrate(sql: SqlStorage, version: number): void {
	if (version === 0) {
		sql.exec("create table schema (version integer not null) strict; insert into schema values (0)");
		sql.exec(BASE);
	}
	for (const step of STEPS.slice((version === 0 ? BASE_VERSION : version) - 1)) {
		for (const statement of step) sql.exec(statement);
	}
	sql.exec("update schema set version = ?", VERSION);
}
