-- Members who are erased in a room, until its ranges have brought their events here as erased: what they said up to
-- that event, and what was here of the room by then (up to that row), is found no more.
create table erasing (
	room text not null,
	member text not null,
	epoch text not null,
	seq integer not null,
	last integer not null,
	primary key (room, member)
) without rowid;

-- Which row was the last when a day began: those up to it were written by then, whatever time their events bear.
create table days (
	at integer primary key,
	last integer not null
);

create index days_last on days (last);
