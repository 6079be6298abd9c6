/** Chinese and English. */
export type Pairs = Readonly<Record<string, readonly [string, string]>>;

export const FACTS: Pairs = {
  'class.type': ['类型', 'type'],
  'class.category': ['分类', 'category'],
  'class.categories': ['分类', 'category'],
  'class.item': ['事项', 'item'],
  'class.priority': ['优先级', 'priority'],
  'class.urgency': ['紧急程度', 'urgency'],
  'class.impact': ['影响范围', 'impact'],
  'ticket.channel': ['渠道', 'channel'],
  'ticket.unit': ['登记单位', 'registering unit'],
  'place.area': ['区域', 'area'],
  'case.run': ['办理轮次', 'run'],
  'case.state': ['状态', 'state'],
  'case.step': ['环节', 'step'],
  'case.sample': ['抽样', 'sample'],
  'event.clock': ['时限', 'clock'],
  'case.unit': ['承办单位', 'unit of the case'],
  'case.depth': ['转办层级', 'levels handed down'],
  'case.hop': ['转办次数', 'hops'],
  'case.holder': ['承办人', 'holder'],
  'case.phase': ['是否办结', 'phase'],
  'customer.hasEmail': ['客户邮箱', 'e-mail of the customer'],
  'customer.hasContact': ['客户联系方式', 'contact of the customer'],
  'place.address': ['地址', 'address'],
  'task.unit': ['本任务单位', 'unit of the task'],
  'task.person': ['本任务承办人', 'person of the task'],
  'actor.id': ['办理人', 'who acts'],
  'actor.roles': ['办理人角色', 'roles of who acts'],
  'actor.units': ['办理人单位', 'units of who acts'],
  'ticket.imported': ['旧系统导入', 'imported'],
  'ticket.registeredBy': ['登记人', 'who registered'],
  'ticket.language': ['语言', 'language'],
  now: ['现在', 'now'],
};
export const EVENTS: Pairs = {
  'sla.clock-breached': ['超时', 'breached'],
  'sla.clock-warned': ['预警', 'almost late'],
  'sla.clock-started': ['开始计时', 'clock started'],
  'dispatch.task-woke': ['挂起到期', 'woke up'],
  'dispatch.request-answered': ['请求已答复', 'request answered'],
  'intake.ticket-amended': ['补充登记', 'ticket amended'],
  'intake.ticket-registered': ['登记', 'registered'],
  'intake.ticket-withdrawn': ['撤回', 'withdrawn'],
  'intake.ticket-linked': ['关联', 'linked'],
  'notify.message-failed': ['通知失败', 'notice failed'],
};
export const PARTIES: Pairs = {
  customer: ['客户', 'the customer'],
  'third-party': ['第三方', 'a third party'],
  'force-majeure': ['不可抗力', 'force majeure'],
};
export const ROLES: Pairs = {
  agent: ['坐席', 'agent'],
  handler: ['承办人', 'handler'],
  supervisor: ['主管', 'supervisor'],
  analyst: ['分析员', 'analyst'],
  admin: ['管理员', 'admin'],
  machine: ['接口', 'machine'],
};
export const UNITS: Pairs = {
  min: ['分钟', 'min'],
  h: ['小时', 'h'],
  d: ['天', 'days'],
  wd: ['工作日', 'working days'],
  mo: ['个月', 'months'],
};
