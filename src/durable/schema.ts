/** The room's tables, and how a stored room is brought up to this version of the code. */

/** Each step once, in order; the version of a store is how many it has seen. Never change a step: add one. */
export const MIGRATIONS: readonly string[] = [
	`
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
	create table events (
		seq integer primary key,
		at integer not null,
		member text not null,
		name text not null,
		bytes integer not null,
		body text not null
	) strict;
	-- No index by age: it would cost a row written for each publish, to save an hourly scan.
	create table publish_keys (
		member text not null,
		id text not null,
		seq integer not null,
		at integer not null,
		primary key (member, id)
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
	`,
	// What an event says of itself is said in its body alone: half the work of an append went into columns beside it.
	`
	create table bodies (seq integer primary key, at integer not null, body text not null) strict;
	insert into bodies select seq, at, body from events;
	drop table events;
	alter table bodies rename to events;
	-- One text a key: a member's id, a space, which no member's id holds, and the publish's id.
	create table keys (key text primary key, seq integer not null, at integer not null) strict, without rowid;
	insert into keys select member || ' ' || id, seq, at from publish_keys;
	drop table publish_keys;
	alter table keys rename to publish_keys;
	`,
	`
	-- By which a repeat of a held event is known, without reading it.
	alter table jobs add column digest text not null default '';
	-- Which events tell what a job made of an event. What was stored before has no row here, and is looked for.
	create table abouts (subject integer not null, seq integer not null, primary key (subject, seq)) strict, without rowid;
	create table unindexed (before integer not null) strict;
	insert into unindexed select head + 1 from meta where head > 0;
	create table erasures (
		member text primary key,
		eraser text not null,
		through integer not null,
		done integer not null
	) strict, without rowid;
	-- Keys go a generation at a time. Those of publish_keys are of an older one, whatever comes.
	create table keys_0 (key text primary key, seq integer not null, digest text not null) strict, without rowid;
	create table keys_1 (key text primary key, seq integer not null, digest text not null) strict, without rowid;
	create table key_turn (newer integer not null) strict;
	insert into key_turn values (0);
	alter table meta add column older_at integer;
	alter table meta add column older_seq integer;
	update meta set older_at = at, older_seq = head where key_at is not null;
	update meta set key_at = null, key_seq = null;
	`,
];

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
	if (version === 0) sql.exec("create table schema (version integer not null) strict; insert into schema values (0)");
	for (const step of MIGRATIONS.slice(version)) sql.exec(step);
	sql.exec("update schema set version = ?", MIGRATIONS.length);
}
