// Gives each operation of an OpenAPI document the docstring of its method: TypeScript drops comments from what runs, so a service cannot
// serve them. The first sentence becomes the summary, the whole the description.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));

function* controllers(dir) {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (['node_modules', 'dist'].includes(name)) continue;
    if (statSync(path).isDirectory()) yield* controllers(path);
    else if (name.endsWith('.controller.ts')) yield path;
  }
}

/** Docstrings by operation id (`Tickets_register`) of one service; those of the libs belong to every service. */
function docstringsOf(service) {
  const texts = new Map();
  for (const dir of ['libs/platform/src', 'libs/messaging/src', `services/${service}/src`]) {
    for (const file of controllers(join(root, dir))) {
      // A class, or a docstring followed by decorators and a method.
      const parts =
        /^export class (\w+?)(?:Controller)? |^  \/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n(?:(?!^  \/\*\*|^  \}$)[\s\S])*?^  (?:async )?(\w+)\(/gm;
      let name = '';
      for (const [, className, doc, method] of readFileSync(file, 'utf8').matchAll(parts)) {
        if (className) name = className;
        else
          texts.set(
            `${name}_${method}`,
            doc
              .replace(/^\s*\*? ?/gm, ' ')
              .replace(/\s+/g, ' ')
              .trim(),
          );
      }
    }
  }
  return texts;
}

/** The document with a summary and a description of each operation. Throws where a method has no docstring. */
export function describeOperations(document, service) {
  const texts = docstringsOf(service);
  const missing = [];
  for (const item of Object.values(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const text = texts.get(operation.operationId);
      if (text === undefined) missing.push(operation.operationId);
      const summary = /^.*?[.:;](?=\s|$)/.exec(text ?? '')?.[0].replace(/[.:;]$/, '') ?? text;
      item[method] = { operationId: operation.operationId, summary, description: text, ...operation };
    }
  }
  if (missing.length > 0) throw new Error(`${service}: these methods have no docstring: ${missing.join(', ')}`);
  return document;
}
