-- Of which event the room's rules said this one: it goes with that one's author.
alter table events add column of_seq integer;
