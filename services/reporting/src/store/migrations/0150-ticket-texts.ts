import { migration } from '@gongdan/platform';

/**
 * The text of a ticket in a table of its own. A change of state or unit writes a new version of the wide row into every index of `ticket_rows`, and the
 * trigram index was the dearest of them; the text hardly ever changes (docs/adr/0059).
 *
 * Triggers keep the copy, because a replica of the release before goes on writing (and, for a rebuild, truncating) `ticket_rows` alone while this release
 * starts. They run as the owner: the role of the service gets its rights on the new table only after the migrations. The texts of the rows that are there
 * already are copied in shares afterwards (`CopyTexts`): in one transaction the copy of 200,000 took 51 s, during which no event was written.
 */
export const ticketTexts = migration(
  150,
  'TicketTexts',
  `
  create table ticket_texts (org text not null, id uuid not null, text text not null, primary key (org, id));
  create index ticket_texts_trigrams on ticket_texts using gin (text gin_trgm_ops);

  create function keep_ticket_text() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      insert into ticket_texts (org, id, text) values (new.org, new.id, new.title || ' ' || new.description || ' ' || coalesce(new.address, ''))
      on conflict (org, id) do update set text = excluded.text;
      return null;
    end $$;
  create function truncate_ticket_texts() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    begin truncate ticket_texts; return null; end $$;
  create trigger ticket_text_inserted after insert on ticket_rows for each row execute function keep_ticket_text();
  create trigger ticket_text_changed after update of title, description, address on ticket_rows for each row
    when ((old.title, old.description, old.address) is distinct from (new.title, new.description, new.address)) execute function keep_ticket_text();
  create trigger ticket_texts_truncated before truncate on ticket_rows for each statement execute function truncate_ticket_texts();

  -- How far the copy has come: the last row that was copied.
  create table ticket_texts_copy (org text not null, id uuid not null, done boolean not null);
  insert into ticket_texts_copy values ('', '00000000-0000-0000-0000-000000000000', false);

  -- Only the owner may drop the index that searches needed until now.
  create function end_ticket_texts_copy() returns void language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      update ticket_texts_copy set done = true;
      drop index if exists ticket_rows_text;
    end $$;
  do $$ begin if not exists (select from ticket_rows) then perform end_ticket_texts_copy(); end if; end $$;
`,
);
