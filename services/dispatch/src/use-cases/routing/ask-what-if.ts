import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import {
  actingOf,
  type Case,
  explain,
  type Explanation,
  freshCase,
  type Holder,
  isChangeable,
  type Language,
  NeedsLoads,
  type Resolved,
  type View,
  withChanges,
  wouldHold,
} from '@gongdan/engine';
import { type Actor, type Instant, Invalid, newId, Refused } from '@gongdan/kernel';
import { type Pack } from '@gongdan/packs';
import { type Queries } from '@gongdan/platform';
import { factsInSight, fieldsBySight } from '../../domain/field-sight.js';
import { mustSee } from '../../domain/visibility.js';
import { CaseDesk } from '../../store/cases/case-desk.js';
import { CasesStore } from '../../store/cases/cases.store.js';
import { LinksStore } from '../../store/cases/links.store.js';
import { PacksStore } from '../../store/packs.store.js';

export interface WhatIf {
  ticketId?: string | undefined;
  pack?: { key: string; version: number } | undefined;
  table?: string | undefined;
  changes: Readonly<Record<string, unknown>>;
}

export interface WouldHold extends Explanation {
  language: Language;
  holder: Holder | null;
  choice: Resolved['choice'];
}

/** Answers who would get a ticket if its facts were different (C6). It locks and writes nothing. */
@Injectable()
export class AskWhatIf {
  constructor(
    private readonly packs: PacksStore,
    private readonly cases: CasesStore,
    private readonly desk: CaseDesk,
    private readonly links: LinksStore,
  ) {}

  async run(q: Queries, c: WhatIf & { language: Language; actor: Actor; scope: Scope; now: Instant }): Promise<WouldHold> {
    const { org } = c.actor;
    const found =
      c.ticketId === undefined ? undefined : mustSee(await this.cases.get(q, org, c.ticketId), { id: c.actor.id, scope: c.scope });
    const ref = c.pack ?? found?.pack;
    if (ref === undefined)
      throw new Invalid('dispatch/no-subject', { violations: [{ pointer: '/pack', detail: 'name a ticket or a pack' }] });
    const pack = await this.packs.get(q, org, ref);
    const wrong = Object.keys(c.changes).filter((fact) => !isChangeable(pack, fact));
    if (wrong.length > 0)
      throw new Invalid('dispatch/unchangeable-fact', {
        violations: wrong.map((fact) => ({
          pointer: `/changes/${fact}`,
          detail:
            'only facts of class, place, attributes, fields and ticket can change that the pack has and that follow from no other fact',
        })),
      });
    if (c.table !== undefined && !Object.hasOwn(pack.routing?.tables ?? {}, c.table))
      throw new Refused('dispatch/unknown-table', { violations: [{ pointer: '/table', detail: 'the pack has no such table' }] });
    const subject = found === undefined ? imagined(org, ref, c.now) : await this.links.heardBy(q, pack, found);
    const state = withChanges(pack, subject, c.changes);
    const view = await this.desk.view(q, org, state.ticketId);
    const { holder, choice: made } = await this.decide(q, org, pack, view, state, c);
    const { hidden } = fieldsBySight(pack, actingOf(view.directory, c.actor, c.now));
    const choice = { ...made, facts: factsInSight(made.facts, hidden) };
    const { unit, role, person } = holder ?? {};
    return {
      language: c.language,
      holder: holder ?? null,
      choice,
      ...explain(pack, { ...choice, unit, role, person } as never, view.directory, c.language),
    };
  }

  private async decide(q: Queries, org: string, pack: Pack, view: View, state: Case, c: { table?: string | undefined; now: Instant }) {
    const loads = new Map(view.loads);
    for (;;) {
      try {
        return wouldHold(pack, { ...view, loads }, state, c.table, c.now);
      } catch (error) {
        if (!(error instanceof NeedsLoads) || error.people.every((p) => loads.has(p))) throw error;
        for (const [person, load] of await this.cases.loads(q, org, error.people)) loads.set(person, load);
      }
    }
  }
}

function imagined(org: string, pack: { key: string; version: number }, now: Instant): Case {
  const none = { number: '', title: '', description: '', language: 'zh-CN' as const, channel: '', type: '', category: '', priority: '' };
  return freshCase({ org, ticketId: newId() }, { ...none, pack, hasEmail: false, registeredAt: now }, now);
}
