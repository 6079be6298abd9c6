import { Injectable } from '@nestjs/common';
import { type Tx } from '@gongdan/platform';

/** The copy of the texts of tickets that were there before `ticket_texts` was (migration 150). */
@Injectable()
export class TextsStore {
  /**
   * Copies the texts of the next `most` tickets, those that a trigger has written excepted. Answers whether the copy goes on; false, too, while another
   * replica copies. Kept until every installation has run it once.
   */
  async copyShare(tx: Tx, most: number): Promise<boolean> {
    const at = await tx.one<{ org: string; id: string }>(
      'select org, id::text from ticket_texts_copy where not done for update skip locked',
    );
    if (at === undefined) return false;
    const last = await tx.one<{ org: string; id: string }>(
      `with share as (
         select org, id, title || ' ' || description || ' ' || coalesce(address, '') as text
         from ticket_rows where (org, id) > ($1, $2::uuid) order by org, id limit $3
       ), copied as (insert into ticket_texts (org, id, text) select org, id, text from share on conflict (org, id) do nothing)
       select org, id::text from share order by org desc, id desc limit 1`,
      [at.org, at.id, most],
    );
    if (last === undefined) await tx.run('select end_ticket_texts_copy()');
    else await tx.run('update ticket_texts_copy set org = $1, id = $2::uuid', [last.org, last.id]);
    return last !== undefined;
  }
}
