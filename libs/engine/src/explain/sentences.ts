/** Languages in which a decision is explained. */
export type Language = 'zh-CN' | 'en';

type Said = Readonly<Record<Language, string>>;

/** Every sentence that explains a decision. `{name}` stands for a value. */
export const SENTENCES = {
  chosen: { 'zh-CN': '任务交给{holder}。', en: 'The task went to {holder}.' },
  nobody: { 'zh-CN': '没有单位或人员可以接手，需由主管指定。', en: 'No unit or person can hold the task; a supervisor must name one.' },
  pack: { 'zh-CN': '依据流程包 {key} 第 {version} 版。', en: 'It was decided by version {version} of the pack {key}.' },
  row: { 'zh-CN': '决策表 {table} 的规则“{row}”适用：{why}。', en: 'The row {row} of the table {table} applies: {why}.' },
  rowAlone: { 'zh-CN': '决策表 {table} 的规则“{row}”适用。', en: 'The row {row} of the table {table} applies.' },
  fallback: {
    'zh-CN': '决策表 {table} 没有其他规则可用，采用兜底安排。',
    en: 'No other row of the table {table} could be used, so its fallback applies.',
  },
  noRow: { 'zh-CN': '决策表 {table} 没有可用的规则。', en: 'No row of the table {table} can be used.' },
  fact: { 'zh-CN': '当时“{name}”为 {value}。', en: 'The fact {name} was {value}.' },
  climbed: { 'zh-CN': '{unit}没有人担任该角色，因此逐级上移。', en: 'Nobody in {unit} holds the role, so a unit above it was taken.' },
  runnerUp: { 'zh-CN': '次选是{holder}。', en: 'The runner-up was {holder}.' },
  fits: { 'zh-CN': '{holder}可以接手。', en: '{holder} could take it.' },
  scored: { 'zh-CN': '{holder}可以接手，得分 {score}。', en: '{holder} could take it, with a score of {score}.' },
  'rule-unit': { 'zh-CN': '规则直接指定了单位。', en: 'The rule names the unit.' },
  'rule-role': { 'zh-CN': '规则指定了角色。', en: 'The rule names a role.' },
  'rule-person': { 'zh-CN': '表单或工单中指定了人员。', en: 'A form or the ticket names the person.' },
  'rule-doer': { 'zh-CN': '交给先前办理过该动作的人。', en: 'It goes to whoever did an earlier action.' },
  'rule-previous': { 'zh-CN': '交给该步骤的上一位办理人。', en: 'It goes to the last holder of a step.' },
  'rule-self': { 'zh-CN': '由操作人自己办理。', en: 'Whoever acted keeps the task.' },
  'rule-keep': { 'zh-CN': '仍由原办理方负责。', en: 'The holder stays the same.' },
  'rule-back': { 'zh-CN': '退回上一步的办理方。', en: 'It goes back to the holder of the step before.' },
  'rule-hop-up': { 'zh-CN': '回到上一级派单单位。', en: 'It goes back up to the unit that handed it down.' },
  'rule-registering-unit': { 'zh-CN': '由登记工单的单位负责。', en: 'The unit that registered the ticket has it.' },
  'rule-supervisor': { 'zh-CN': '由主管指定。', en: 'A supervisor named the unit.' },
  returned: { 'zh-CN': '{holder}已退回过此工单。', en: '{holder} has returned the ticket.' },
  closed: { 'zh-CN': '{holder}已停用。', en: '{holder} is closed.' },
  unknown: { 'zh-CN': '规则指向的单位或人员不存在。', en: 'The rule names no known unit or person.' },
  'nobody-holds-the-role': { 'zh-CN': '{holder}没有人担任该角色。', en: 'Nobody in {holder} holds the role.' },
  'four-eyes': { 'zh-CN': '{holder}已参与过此工单，须回避。', en: '{holder} took part before and may not decide again.' },
  absent: { 'zh-CN': '{holder}当时不在岗。', en: '{holder} was absent.' },
  'at-capacity': { 'zh-CN': '{holder}手上的任务已满。', en: '{holder} holds as many tasks as allowed.' },
  'no-skill': { 'zh-CN': '{holder}的技能等级不够。', en: '{holder} does not have the skill at the level that is needed.' },
  and: { 'zh-CN': '{unit}的{person}', en: '{person} of {unit}' },
} as const satisfies Readonly<Record<string, Said>>;

export function say(key: string, language: Language, values: Readonly<Record<string, unknown>> = {}): string | undefined {
  const said = Object.hasOwn(SENTENCES, key) ? (SENTENCES as Readonly<Record<string, Said>>)[key] : undefined;
  return said?.[language].replace(/\{(\w+)\}/g, (_, name: string) => textOf(values[name]));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
