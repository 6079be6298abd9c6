import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { SERVICES } from 'gongdan';
import { sharedClient } from './shared-stack.js';

interface Metric {
  type: string;
  labels: string[];
}

const page = readFileSync(fileURLToPath(new URL('../../../docs/metrics.md', import.meta.url)), 'utf8');

/** The metrics that the page describes under a heading. */
function described(heading: string): Map<string, Metric> {
  const section = new RegExp(`^## ${heading}\\n(.*?)(?=^## |(?![\\s\\S]))`, 'ms').exec(page)?.[1] ?? '';
  const names = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map((m) => String(m[1]));
  return new Map(
    [...section.matchAll(/^\| (`.*?) \| (\w+) \|(.*?)\|/gm)].flatMap(([, name, type = '', labels]) =>
      names(name).map((n) => [n, { type, labels: names(labels).sort() }] as const),
    ),
  );
}

/** The metrics of a process, by its HELP and TYPE lines, with the labels of their samples. */
function served(text: string): Map<string, Metric> {
  const metrics = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, { type, labels: [] as string[] }]),
  );
  for (const [, sample = '', labels = ''] of text.matchAll(/^(\w+)\{([^}]*)\} /gm)) {
    const metric = metrics.get(sample) ?? metrics.get(sample.replace(/_(bucket|sum|count)$/, ''));
    if (metric)
      metric.labels = [...labels.matchAll(/(\w+)="/g)]
        .map((m) => String(m[1]))
        .filter((l) => l !== 'service' && l !== 'le')
        .sort();
  }
  return metrics;
}

it.each(SERVICES)('/metrics of %s has exactly the metrics that docs/metrics.md describes', async (service) => {
  const answer = await sharedClient().call(service, 'GET', '/metrics');
  const real = served(answer.text);
  const page = new Map([...described('Every service'), ...described(service), ...described('The process')]);
  expect([...real.keys()].sort()).toEqual([...page.keys()].sort());
  for (const [name, { type, labels }] of real) {
    // A metric that has no sample yet shows no labels.
    const shown = labels.length > 0 ? labels : page.get(name)?.labels;
    expect({ name, type, labels: shown }).toEqual({ name, ...page.get(name) });
  }
});
