import { Controller, Get, Param, Query } from '@nestjs/common';
import { type Actor, iso } from '@gongdan/kernel';
import { Answers, type CallerReach, line, Problems, Reaching, Right, Who } from '@gongdan/platform';
import { type z } from 'zod';
import { ListPlans, type PlanView } from '../../use-cases/plans/list-plans.js';
import { OccurrenceList, OccurrencesQuery, PlanList } from './plan-bodies.js';

/** Recurring plans of the packs in force: what they will register and have registered. */
@Controller('v1/plans')
export class PlansController {
  constructor(private readonly plans: ListPlans) {}

  /** The plans in force of the organisation, by pack and key. Tickets that the caller may not see are left out. */
  @Get()
  @Right('packs:read')
  @Answers(200, PlanList, 'Plans in force')
  async list(@Who() who: Actor, @Reaching() reach: CallerReach): Promise<{ items: PlanView[] }> {
    return { items: await this.plans.all(who.org, reach.scope('tickets:read')) };
  }

  /** A preview: when a plan occurs, up to `limit` instants after `after`. Empty when it does not occur any more. */
  @Get(':pack/:plan/occurrences')
  @Right('packs:read')
  @Answers(200, OccurrenceList, 'Instants, ascending')
  @Problems({ 404: ['intake/no-such-plan'] })
  async occurrences(
    @Param('pack', { schema: line(60) }) pack: string,
    @Param('plan', { schema: line(60) }) plan: string,
    @Query({ schema: OccurrencesQuery }) { after, limit }: z.infer<typeof OccurrencesQuery>,
    @Who() who: Actor,
  ): Promise<{ items: string[] }> {
    return { items: await this.plans.occurrences(who.org, pack, plan, after === undefined ? undefined : iso(Date.parse(after)), limit) };
  }
}
