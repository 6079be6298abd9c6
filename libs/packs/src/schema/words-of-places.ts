/** Keys that mean something else below one key than elsewhere: `parent.key`. They go before the words of a part and the general ones. */
export const WORDS_OF_PLACES: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  'link.kind': [
    '本单是对方的什么：child 表示本单是对方的子单（对方用 links.child 找到本单，本单用 links.parent 找到对方）；自定的词如 match，反方向是 match-of',
    'What this ticket is to the other: child makes it a child (the other finds it under links.child, this one the other under links.parent); of a word of your own such as match the reverse is match-of',
  ],
  'link.to': [
    '对方工单：存有其编号或标识的事实，如 { fact: input.fault }',
    'The other ticket: the fact that holds its number or id, such as { fact: input.fault }',
  ],
  'cascade.links': [
    '关联种类：对方是本单的什么，如 child；用 link 关联到对方的那张单要用反方向的词，如 parent、match-of',
    'The kind: what the others are to this ticket, such as child; the ticket that did the linking uses the reverse word, such as parent or match-of',
  ],
  'cascade.action': ['在这些工单上做的动作，它的 by 要有 machine', 'The action that is done on them; its by: must admit machine'],
  'cascade.input': ['这个动作的表单内容', 'What its form gets'],
  'charge.to': ['算给谁：单位的标识或事实', 'To whom: a unit or a fact'],
  'charge.from': ['从哪个时刻起（事实）', 'From which instant on: a fact'],
  'charge.until': ['到哪个时刻止（事实）', 'Until which instant: a fact'],
  'extend.by': [
    '延长多久：30min、4h、3d、2wd、1mo，从现在的期限算起',
    'By how long: 30min, 4h, 3d, 2wd or 1mo from the present deadline on',
  ],
  'extend.until': ['改到哪个时刻（事实）', 'The new deadline: a fact that holds an instant'],
  'sleep.until': ['搁置多久（3d、2wd …），或到某事实所存的时刻、日期', 'How long (3d, 2wd …), or a fact that holds an instant or a date'],
  'sleep.waitsFor': ['搁置期间等谁', 'For whom the case waits meanwhile'],
  'register.pack': ['新工单所用的业务包；不写为本包', 'The pack of the new ticket; without it this one'],
  'register.type': ['新工单的类型', 'Its type'],
  'register.category': ['新工单的分类', 'Its category'],
  'register.title': ['新工单的标题', 'Its title'],
  'register.attributes': ['新工单的附加信息', 'Its attributes'],
  'register.copies': ['从本单带过去的内容', 'What it takes over from this ticket'],
  'register.link': ['新工单是本单的什么，如 child', 'What the new ticket is to this one, such as child'],
  'reactions.on': [
    '听哪些事件：intake.…、sla.…、dispatch.task-woke、dispatch.request-answered',
    'The events that it hears: intake.…, sla.…, dispatch.task-woke, dispatch.request-answered',
  ],
  'rules.on': ['听哪个事件', 'The event that it hears'],
  'rules.to': [
    '发给谁：reporter 客户、unit、holder、task 子任务承办人、registrar、watchers、unit:…、person:…、{ role, of }',
    'To whom: reporter (the customer), unit, holder, task (who holds the side task), registrar, watchers, unit:…, person:…, { role, of }',
  ],
  'rules.repeat': [
    '不确定是否送达时：at-least-once 再发一次（不写即此），at-most-once 不再发',
    'When delivery is unknown: at-least-once sends again (also without this key), at-most-once does not',
  ],
  'levels.by': ['可以设置这一层的角色', 'The roles that may set this depth'],
  'attributes.choices': [
    '可选项：[a, b]，或带名称 { a: { zh-CN: …, en: … } }',
    'What can be chosen: [a, b], or with names { a: { zh-CN: …, en: … } }',
  ],
  'attributes.type': ['text 文字、number 数字、boolean 是否、choice 单选', 'text, number, boolean or choice'],
  'calendars.hours': [
    '每天的工作时段：{ mon-fri: [08:00-12:00, 13:30-17:30], sat: [09:00-12:00] }，或 always',
    'Open hours of each day: { mon-fri: [08:00-12:00, 13:30-17:30], sat: [09:00-12:00] }, or always',
  ],
  'calendars.holidays': [
    '休息日：CN（中国法定节假日和调休）、日期、时间段 2026-02-15..2026-02-23',
    'Days off: CN (the Chinese public holidays and their make-up days), dates, spans such as 2026-02-15..2026-02-23',
  ],
  'clocks.calendar': [
    '按哪个日历的工作时间计算；按工作日计算时不写即为 pack.yaml 的日历，其他时候不写则全天计算',
    'Its open hours count; without it those of pack.yaml for working days, and every hour otherwise',
  ],
};
