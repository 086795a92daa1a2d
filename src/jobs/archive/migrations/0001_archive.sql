-- Statements are set apart by an empty line: the consumer runs them one by one.
create table if not exists events (
	id integer primary key,
	room text not null,
	epoch text not null,
	seq integer not null,
	at integer not null,
	member text not null,
	author text not null,
	name text not null,
	data text not null,
	text text not null,
	redacted integer not null default 0,
	unique (room, epoch, seq)
);

create index if not exists events_at on events (at);

create virtual table if not exists event_text using fts5 (text);

create trigger if not exists events_inserted after insert on events begin
	insert into event_text (rowid, text) values (new.id, new.text);
end;

create trigger if not exists events_updated after update of text on events begin
	update event_text set text = new.text where rowid = new.id;
end;

create trigger if not exists events_deleted after delete on events begin
	delete from event_text where rowid = old.id;
end;

-- Epochs that were wiped: a range that was read before the wipe must not bring them back.
create table if not exists wiped (
	room text not null,
	epoch text not null,
	primary key (room, epoch)
) without rowid;

create table if not exists rooms (
	room text primary key,
	members integer not null,
	head integer not null,
	active_at integer not null,
	as_of integer not null
) without rowid;

create table if not exists dead_letters (
	id integer primary key,
	at integer not null,
	queue text not null,
	body text not null,
	reason text not null
);
