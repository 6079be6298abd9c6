import { type Message } from './message.js';

/** What a difference of two versions means for a ticket that is moved to the new one. */
export const OF_DIFF: readonly Message[] = [
  ['moved-closed-step', 'a ticket closed in this step cannot be moved', '在这个环节办结的工单不能转到新版本'],
  ['moved-side-step', 'a ticket with an open task of this step cannot be moved', '还有这个环节的子任务未完的工单不能转到新版本'],
  ['moved-step', 'a ticket in this step cannot be moved', '正在这个环节的工单不能转到新版本'],
  ['moved-other-kind', 'it is now another kind of step: a ticket in it cannot be moved', '环节的种类变了，正在这里的工单不能转到新版本'],
  ['moved-state', 'a moved ticket gets the state {x}', '转过去的工单状态变为 {x}'],
  ['moved-holder', 'whoever holds it keeps it; the new rule holds from the next arrival on', '现在的承办人不变，下次到达这个环节时按新规则'],
  ['moved-loses-action', 'a moved ticket loses this action; conditions that counted it start from nothing', '转过去的工单没有这个动作了，按它计数的条件从零开始'],
  ['moved-loses-reaction', 'a moved ticket loses this reaction', '转过去的工单没有这个自动动作了'],
  ['moved-effects', 'a moved ticket does the new effects from the next time on; what was done before stays', '转过去的工单下次办理时按新的效果执行，已经办过的不变'],
  ['moved-people', 'in a moved ticket other people may do it from now on', '转过去的工单此后由新规定的人办理这个动作'],
  ['moved-steps', 'in a moved ticket it is offered in other steps', '转过去的工单在另外的环节才能做这个动作'],
  ['moved-condition', 'in a moved ticket the new condition decides, also about what was filled in before', '转过去的工单按新条件判断，包括以前填写的内容'],
  ['moved-limit', 'in a moved ticket what was done before counts for the new limit', '转过去的工单以前办过的次数计入新的限制'],
  ['moved-form', 'in a moved ticket it asks for the new form', '转过去的工单办理时填写新表单'],
  ['moved-field-kept', 'a moved ticket keeps its value, and nobody can fill it in any more', '转过去的工单保留原值，以后不能再填写'],
  ['moved-field-type', 'a ticket that has a value of type {x} cannot be moved', '已经有 {x} 类型的值的工单不能转到新版本'],
  ['moved-clock-removed', 'a clock that runs goes on by the old version', '正在走的时钟按旧版本继续'],
]; // prettier-ignore
