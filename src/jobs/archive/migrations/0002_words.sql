-- The index knows each row's room, so that a search of one room reads that room's matches alone. It keeps no
-- text of its own: that is in events.text, cut into words. Marks are part of a word, as in Thai and in Hindi.
create virtual table if not exists event_words using fts5 (
	room, text, content = '', contentless_delete = 1, tokenize = "unicode61 categories 'L* N* M* Co'"
);

-- Nothing is copied here: a row from before stays in event_text, where it is found as it was, until it is written again.
drop trigger if exists events_inserted;

create trigger events_inserted after insert on events when new.text <> '' begin
	insert into event_words (rowid, room, text) values (new.id, hex(new.room), new.text);
end;

drop trigger if exists events_updated;

create trigger events_updated after update of text on events begin
	delete from event_text where rowid = new.id;
	delete from event_words where rowid = new.id;
	insert into event_words (rowid, room, text) select new.id, hex(new.room), new.text where new.text <> '';
end;

drop trigger if exists events_deleted;

create trigger events_deleted after delete on events begin
	delete from event_text where rowid = old.id;
	delete from event_words where rowid = old.id;
end;
