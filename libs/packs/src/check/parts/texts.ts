import { type PackFormat2 } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { type Path } from '../context.js';

/** Texts that were not translated, and texts that Postgres cannot store. The schema sees to it that both languages are there. */
export function textMistakes(pack: PackFormat2): Located[] {
  const mistakes: Located[] = [];
  const walk = (value: unknown, path: Path): void => {
    if (typeof value === 'string') {
      // Postgres can store neither NUL nor half a surrogate pair. Its own error would not name the place of the text.
      if (value.includes('\u0000') || /\p{Surrogate}/u.test(value)) mistakes.push({ path, rule: 'must be text without NUL' });
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const { 'zh-CN': zh, en } = value as Record<string, unknown>;
    if (typeof zh === 'string' && typeof en === 'string') mistakes.push(...untranslated(zh, en, path));
    for (const [key, v] of Object.entries(value)) walk(v, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  for (const [part, value] of Object.entries(pack)) if (part !== 'scenarios') walk(value, [part]);
  // A catalogue that was taken over from another system keeps its words.
  return mistakes.filter(({ path: [part, list] }) => !(part === 'catalogue' && (list === 'categories' || list === 'items')));
}

function untranslated(zh: string, en: string, path: Path): Located[] {
  const [hanInEn, hanInZh] = [/\p{Script=Han}/u.test(en), /\p{Script=Han}/u.test(zh)];
  if (hanInEn && !/[a-z]/i.test(en))
    return [{ path: [...path, 'en'], rule: `the English text is Chinese: ${en.slice(0, 40)}; translate it` }];
  // Names such as "8D" or "ETC" are the same in both languages; a phrase of words is not.
  if (!hanInZh && /[a-z]{2,} [a-z]{2,}/.test(zh) && zh === en)
    return [{ path: [...path, 'zh-CN'], rule: `the Chinese text is English: ${zh.slice(0, 40)}; translate it` }];
  return [];
}
