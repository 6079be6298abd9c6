import { type Message } from './message.js';
import { OF_DIFF } from './of-diff.js';
import { OF_PARTS } from './of-parts.js';
import { OF_PROCESS } from './of-process.js';

/** What may follow a message: what would be right. */
const TAILS: readonly Message[] = [
  ['', '; did you mean {x}?', '；是不是 {x}？'],
  ['', '; known are {x}', '；已有的是 {x}'],
  ['', '; possible are {x}', '；可以写 {x}'],
  ['', '; it can be {x}', '；它可以是 {x}'],
  ['', '; it tells {x}', '；其中有 {x}'],
  ['', '; facts of this kind are {x}', '；这一类事实有 {x}'],
  ['', '; declare it in forms.yaml or use one of {x}', '；请在 forms.yaml 里声明，或用 {x} 之一'],
  ['', '; declare it in forms.yaml', '；请在 forms.yaml 里声明'],
  ['', '; write true', '；请写 true'],
  ['', '; write false', '；请写 false'],
  ['', '; add it to steps: of process.yaml', '；请加到 process.yaml 的 steps: 里'],
  ['', '; remove the quotes', '；请去掉引号'],
  ['', '; use a fact of the case such as fields.…, or give the action a form', '；请用 fields.… 之类的工单事实，或给动作写上表单'],
  ['', '; declare it in attributes:', '；请在 attributes: 里声明'],
];

/** Words that the check puts in, for the reader. */
const WORDS: Readonly<Record<string, string>> = {
  step: '环节', action: '动作', role: '角色', form: '表单', table: '派单表', clock: '时钟', calendar: '日历', template: '模板', group: '子任务组', type: '类型', category: '分类', item: '事项',
  priority: '优先级', urgency: '紧急程度', impact: '影响程度', channel: '渠道', unit: '单位', person: '人员',
}; // prettier-ignore

interface Pattern {
  code: string;
  test: RegExp;
  names: readonly string[];
  zh: string;
}

/** `{x}` with a name of letters stands for a value when the Chinese text has it, too; the other braces of a message are YAML. */
function patternOf([code, en, zh]: Message, open = false): Pattern {
  const names: string[] = [];
  const source = en.split(/(\{[a-z]+\})/).map((part, i) => {
    if (i % 2 === 0 || !isValue(part, zh)) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    names.push(part.slice(1, -1));
    return '([^]*?)';
  });
  return { code, test: new RegExp(`${open ? '' : '^'}${source.join('')}$`, 'u'), names, zh };
}

/** Names of values are those that no part of a pack has in braces. */
const YAML_WORDS = new Set(['{unit}', '{yyyy}', '{yy}', '{mm}', '{dd}', '{variable}']);
function isValue(part: string, zh: string): boolean {
  return !YAML_WORDS.has(part) && (zh.includes(part) || part !== '{key}');
}

const ALL = [...OF_PARTS, ...OF_PROCESS, ...OF_DIFF].map((m) => patternOf(m));
// The more a message says itself, the better it fits.
const ORDERED = ALL.map((p, i) => ({ ...p, own: ([...OF_PARTS, ...OF_PROCESS, ...OF_DIFF][i]?.[1] ?? '').replaceAll(/\{[a-z]+\}/g, '').length })).sort((a, b) => b.own - a.own); // prettier-ignore
const ENDS = TAILS.map((m) => patternOf(m, true));

export interface Translated {
  /** Stable; `other` for a message that is in no catalogue. */
  code: string;
  text: string;
}

/** The stable code of a mistake, and its text in Chinese. What is in no catalogue keeps its English text. */
export function translated(rule: string): Translated {
  return told(rule) ?? { code: 'other', text: rule };
}

function told(rule: string): Translated | undefined {
  const tails = ENDS.flatMap((end) => {
    const found = end.test.exec(rule);
    return found === null ? [] : [{ end, found }];
  });
  // A message may have several; the last one is taken off first.
  const [last] = tails.sort((a, b) => b.found.index - a.found.index);
  const head = last && told(rule.slice(0, last.found.index));
  if (last !== undefined && head !== undefined) return { code: head.code, text: head.text + filled(last.end, last.found) };
  return parts(rule) ?? matched(rule);
}

function matched(rule: string): Translated | undefined {
  for (const pattern of ORDERED) {
    const found = pattern.test.exec(rule);
    if (found !== null) return { code: pattern.code, text: filled(pattern, found) };
  }
  return undefined;
}

/** A value that fits none of several schemas has the mistakes of all. */
function parts(rule: string): Translated | undefined {
  const all = rule.split(/ or (?=is missing|expected |must be )/).map(matched);
  const [first] = all;
  return all.length < 2 || first === undefined || all.some((m) => m === undefined)
    ? undefined
    : { code: first.code, text: all.map((m) => m?.text).join('，或') };
}

function filled({ names, zh }: Pattern, found: RegExpExecArray): string {
  return names.reduce((text, name, i) => {
    const value = found[i + 1] ?? '';
    return text.replaceAll(`{${name}}`, () => (name === 'kind' ? (WORDS[value] ?? value) : value));
  }, zh);
}

export const MESSAGES: readonly Message[] = [...OF_PARTS, ...OF_PROCESS, ...OF_DIFF, ...TAILS];
