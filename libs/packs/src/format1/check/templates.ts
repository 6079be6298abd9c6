import { TEMPLATE_VARIABLES } from '../notify.js';

const TAG = /\{\{([#^/]?)\s*([^{}]*?)\s*\}\}/g;

/** The mistakes in a mustache text. It may hold variables of the allow-list and sections over them, properly closed; no partials and no unescaped tags. */
export function templateMistakes(text: string): string[] {
  const rules: string[] = [];
  const open: string[] = [];
  if (/\{\{\{|\{\{\s*[&>=!]/.test(text)) return ['only {{variable}} and {{#variable}}…{{/variable}} are allowed'];
  for (const [, kind, name] of text.matchAll(TAG)) {
    if (name === undefined || !TEMPLATE_VARIABLES.some((v) => v === name))
      rules.push(`{{${name ?? ''}}} is not a variable; there are ${TEMPLATE_VARIABLES.join(', ')}`);
    else if (kind === '#' || kind === '^') open.push(name);
    else if (kind === '/' && open.pop() !== name) rules.push(`{{/${name}}} closes nothing`);
  }
  if (open.length > 0) rules.push(`{{#${open.join('}}, {{#')}}} is not closed`);
  if (/\{\{|\}\}/.test(text.replaceAll(TAG, ''))) rules.push('has an unpaired {{ or }}');
  return rules;
}
