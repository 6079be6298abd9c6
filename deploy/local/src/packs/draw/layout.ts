import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { type Arrow, type Box, type Diagram } from './diagram.js';
import { circled, widthOf, wrap } from './text.js';

export interface PlacedBox extends Box {
  x: number;
  y: number;
  width: number;
  height: number;
  lines: string[];
  meta: { text: string; kind: 'holder' | 'limit' | 'more' }[];
  badges: string;
}
export interface PlacedArrow extends Arrow {
  /** Control points of a cubic spline, the first one its beginning. */
  points: [number, number][];
  tip: [number, number] | undefined;
  label: { x: number; y: number; lines: string[] } | undefined;
}
export interface Layout {
  width: number;
  height: number;
  boxes: PlacedBox[];
  arrows: PlacedArrow[];
}

export const TITLE = 14;
export const META = 11;
export const LABEL = 11;
const LINE = 1.35;

/** Places boxes and arrows with Graphviz. It is told the sizes of texts, because it has no metrics of CJK fonts. */
export async function layoutOf(diagram: Diagram): Promise<Layout> {
  const boxes = diagram.boxes.map(measured);
  const id = new Map(boxes.map((b, i) => [b.id, `n${i}`]));
  const labels = diagram.arrows.map(labelLines);
  const dot = [
    'digraph { graph [rankdir=TB, nodesep=0.45, ranksep=0.5, splines=true, margin=0]; node [shape=box, fixedsize=true, label=""]; edge [arrowsize=0.7];',
    ...boxes.map((b, i) => `n${i} [width=${inch(b.width)}, height=${inch(b.height)}${b.id.startsWith('*start') ? ', rank=source' : ''}];`),
    `{ rank=source; ${boxes.flatMap((b, i) => (b.family === 'start' ? [`n${i};`] : [])).join(' ')} }`,
    ...diagram.arrows.map((a, i) => {
      const lines = labels[i] ?? [];
      const [w, h] = [Math.max(...lines.map((l) => widthOf(l) * LABEL), 1) + 10, lines.length * LABEL * LINE + 4];
      const label =
        lines.length === 0
          ? ''
          : `label=<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0" FIXEDSIZE="TRUE" WIDTH="${Math.ceil(w)}" HEIGHT="${Math.ceil(h)}"><TR><TD></TD></TR></TABLE>>`;
      return `${id.get(a.from) ?? ''} -> ${id.get(a.to) ?? ''} [${label}${a.kind === 'action' || a.kind === 'start' ? '' : ', weight=0'}];`;
    }),
    '}',
  ].join('\n');
  const graphviz = await Graphviz.load();
  const placed = JSON.parse(graphviz.layout(dot, 'json', 'dot')) as Placed;
  const [, , width = 0, height = 0] = placed.bb.split(',').map(Number);
  const flip = ([x, y]: [number, number]): [number, number] => [x, height - y];
  const objects = new Map((placed.objects ?? []).map((o) => [o.name, o]));
  return {
    width,
    height,
    boxes: boxes.map((b, i) => {
      const [x, y] = flip(point(objects.get(`n${i}`)?.pos ?? '0,0'));
      return { ...b, x: x - b.width / 2, y: y - b.height / 2 };
    }),
    arrows: (placed.edges ?? []).flatMap((e, i): PlacedArrow[] => {
      const arrow = diagram.arrows[i];
      if (!arrow) return [];
      const spots = e.pos.split(' ');
      const tip = spots.find((s) => s.startsWith('e,'));
      const points = spots.filter((s) => !/^[es],/.test(s)).map((s) => flip(point(s)));
      const at = e.lp === undefined ? undefined : flip(point(e.lp));
      const label = at ? { x: at[0], y: at[1], lines: labels[i] ?? [] } : undefined;
      return [{ ...arrow, points, tip: tip === undefined ? undefined : flip(point(tip.slice(2))), label }];
    }),
  };
}

interface Placed {
  bb: string;
  objects?: { name: string; pos?: string }[];
  edges?: { pos: string; lp?: string }[];
}
const inch = (px: number): string => (px / 72).toFixed(3);
const point = (s: string): [number, number] => {
  const [x = 0, y = 0] = s.split(',').map(Number);
  return [x, y];
};

function labelLines(a: Arrow): string[] {
  const texts = a.labels.filter((l) => l !== '');
  // Several actions that go the same way share one arrow.
  const lines = texts.flatMap((t) => wrap(t, 15, 3));
  return lines.length <= 6 ? lines : [...lines.slice(0, 5), `… +${texts.length - 4}`];
}

function measured(b: Box): PlacedBox {
  const small = b.family === 'start' || b.family === 'any';
  const lines = wrap(b.title, 12, 2);
  const meta = [
    ...(b.holder === '' ? [] : wrap(b.holder, 16, 2).map((text) => ({ text, kind: 'holder' as const }))),
    ...b.limits
      .slice(0, 3)
      .flatMap((l) => wrap(l, 15, 2).map((text, i) => ({ text, kind: i === 0 ? ('limit' as const) : ('more' as const) }))),
  ];
  const badges = b.lanes.map(circled).join('');
  const text = Math.max(
    ...lines.map((l) => widthOf(l) * TITLE),
    ...meta.map((m) => widthOf(m.text) * META + (m.kind === 'limit' ? 14 : 0)),
  );
  const width = Math.max(small ? 60 : 104, Math.ceil(text + 30 + (badges === '' ? 0 : widthOf(badges) * TITLE)));
  const height = Math.ceil((small ? 12 : 18) + lines.length * TITLE * LINE + meta.length * META * LINE + (meta.length > 0 ? 3 : 0));
  return { ...b, x: 0, y: 0, width, height, lines, meta, badges };
}
