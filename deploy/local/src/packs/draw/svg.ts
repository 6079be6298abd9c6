import { LABEL, type Layout, layoutOf, META, type PlacedArrow, type PlacedBox, TITLE } from './layout.js';
import { type Arrow, type Diagram, type Family, type Lane } from './diagram.js';
import { circled, escape, widthOf, wrap } from './text.js';

const COLOURS: Readonly<Record<Family, { fill: string; line: string }>> = {
  new: { fill: '#eaf1fa', line: '#6c97c9' },
  work: { fill: '#e9f5ec', line: '#62a878' },
  wait: { fill: '#fbf4e1', line: '#d0a546' },
  review: { fill: '#f2edf9', line: '#9480c4' },
  answer: { fill: '#e4f4f2', line: '#4fa59d' },
  closed: { fill: '#eceff2', line: '#7b8794' },
  off: { fill: '#f7eeed', line: '#bd8b85' },
  any: { fill: '#ffffff', line: '#a3acb5' },
  start: { fill: '#3c4650', line: '#3c4650' },
};
const STROKES: Readonly<Record<Arrow['kind'], { colour: string; dash: string }>> = {
  start: { colour: '#3c4650', dash: '' },
  action: { colour: '#68737d', dash: '' },
  side: { colour: '#9480c4', dash: '' },
  reaction: { colour: '#c97a4a', dash: '6 4' },
};
const [INK, QUIET] = ['#26303a', '#66727e'];
const FONT = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei','Source Han Sans SC',system-ui,sans-serif";
const PAD = 28;

/** An SVG of a process. The same pack gives the same bytes. */
export async function svgOf(diagram: Diagram): Promise<string> {
  const layout = await layoutOf(diagram);
  const zh = diagram.lang !== 'en';
  const subtitle = diagram.subtitle.join(zh ? '　·　' : '  ·  ');
  const lanesWidth = Math.max(0, ...diagram.lanes.map(laneWidth));
  const legend = legendOf(diagram);
  const width = Math.ceil(Math.max(layout.width, lanesWidth, widthOf(subtitle) * 12, widthOf(diagram.title) * 22, 620)) + 2 * PAD;
  const parts: string[] = [];
  let y = PAD + 22;
  parts.push(text(PAD, y, diagram.title, 22, INK, 600));
  if (subtitle !== '') parts.push(text(PAD, (y += 24), `${zh ? '整单时限：' : 'Whole case: '}${subtitle}`, 12, QUIET));
  y += 22;
  const [drawn, legendHeight] = drawLegend(legend, PAD, y, width - 2 * PAD);
  parts.push(drawn);
  y += legendHeight + 18;
  parts.push(`<g transform="translate(${((width - layout.width) / 2).toFixed(1)} ${y.toFixed(1)})">${graph(layout)}</g>`);
  y += layout.height + 30;
  if (diagram.lanes.length > 0) {
    parts.push(text(PAD, (y += 14), zh ? '子任务' : 'Side tasks', 15, INK, 600));
    y += 12;
    for (const lane of diagram.lanes) {
      const [svg, height] = drawLane(lane, PAD, y, width - 2 * PAD, zh);
      parts.push(svg);
      y += height + 10;
    }
    y += 8;
  }
  for (const note of diagram.notes) {
    parts.push(text(PAD, (y += 18), note.title, 15, INK, 600));
    y += 6;
    for (const line of note.lines.flatMap((l) => wrap(l, (width - 2 * PAD - 16) / 12, 4).map((t, i) => (i === 0 ? `· ${t}` : `   ${t}`))))
      parts.push(text(PAD + 4, (y += 17), line, 12, QUIET));
    y += 10;
  }
  const height = Math.ceil(y + PAD);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" role="img">`,
    `<title>${escape(diagram.title)}</title>`,
    `<defs>${Object.entries(STROKES)
      .map(
        ([kind, s]) =>
          `<marker id="tip-${kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 1 10 5 0 9z" fill="${s.colour}"/></marker>`,
      )
      .join('')}</defs>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function text(x: number, y: number, content: string, size: number, colour: string, weight = 400, anchor = 'start'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" fill="${colour}"${weight === 400 ? '' : ` font-weight="${weight}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${escape(content)}</text>`;
}

function graph(layout: Layout): string {
  return [...layout.arrows.map(path), ...layout.boxes.map(box), ...layout.arrows.map(label)].join('\n');
}

function path(a: PlacedArrow): string {
  const [first, ...rest] = a.points;
  if (!first) return '';
  const xy = ([x, y]: [number, number]): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const curve = Array.from({ length: Math.floor(rest.length / 3) }, (_, i) => `C${rest.slice(3 * i, 3 * i + 3).map(xy).join(' ')}`).join(''); // prettier-ignore
  const { colour, dash } = STROKES[a.kind];
  return `<path d="M${xy(first)}${curve}${a.tip ? `L${xy(a.tip)}` : ''}" fill="none" stroke="${colour}" stroke-width="1.4"${dash === '' ? '' : ` stroke-dasharray="${dash}"`} marker-end="url(#tip-${a.kind})"/>`;
}

function label({ label: l, kind }: PlacedArrow): string {
  if (!l || l.lines.length === 0) return '';
  const height = l.lines.length * LABEL * 1.35;
  const width = Math.max(...l.lines.map((t) => widthOf(t) * LABEL)) + 6;
  const top = l.y - height / 2;
  const colour = kind === 'action' || kind === 'start' ? INK : kind === 'side' ? '#6f5aa6' : '#a65c2e';
  return [
    `<rect x="${(l.x - width / 2).toFixed(1)}" y="${top.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" rx="3" fill="#fff" fill-opacity="0.86"/>`,
    ...l.lines.map((t, i) => text(l.x, top + LABEL * (i * 1.35 + 1), t, LABEL, colour, 400, 'middle')),
  ].join('');
}

function box(b: PlacedBox): string {
  const { fill, line } = COLOURS[b.family];
  const [w, h] = [b.width, b.height];
  const small = b.family === 'start' || b.family === 'any';
  const radius = small || b.final ? h / 2 : 8;
  const shape = `<rect width="${w}" height="${h}" rx="${Math.min(radius, 20)}" fill="${fill}" stroke="${line}" stroke-width="${b.final ? 2 : 1.2}"${b.family === 'any' ? ' stroke-dasharray="4 3"' : ''}/>`;
  const inner = b.final
    ? `<rect x="3" y="3" width="${w - 6}" height="${h - 6}" rx="${Math.min(radius - 3, 17)}" fill="none" stroke="${line}" stroke-width="0.8"/>`
    : '';
  const bar = small || b.final ? '' : `<path d="M0 8a8 8 0 0 1 4.5-7.2V${h - 0.8}A8 8 0 0 1 0 ${h - 8}z" fill="${line}"/>`;
  let y = (h - (b.lines.length * TITLE * 1.35 + b.meta.length * META * 1.35 + (b.meta.length > 0 ? 3 : 0))) / 2;
  const centre = w / 2 + (small || b.final ? 0 : 2) - (b.badges === '' ? 0 : (widthOf(b.badges) * TITLE) / 2);
  const texts: string[] = [];
  for (const t of b.lines) texts.push(text(centre, (y += TITLE * 1.35) - 4, t, TITLE, b.family === 'start' ? '#fff' : INK, 600, 'middle'));
  if (b.meta.length > 0) y += 3;
  for (const m of b.meta) {
    y += META * 1.35;
    const timed = m.kind !== 'holder';
    if (m.kind === 'limit') texts.push(clockIcon(w / 2 + 2 - (widthOf(m.text) * META) / 2 - 7, y - 7));
    texts.push(text(w / 2 + 2 + (timed ? 5 : 0), y - 3, m.text, META, timed ? '#a65c2e' : QUIET, 400, 'middle'));
  }
  const badge = b.badges === '' ? '' : text(w - 8, 18, b.badges, TITLE, '#7a64b5', 600, 'end');
  return `<g transform="translate(${b.x.toFixed(1)} ${b.y.toFixed(1)})">${shape}${inner}${bar}${texts.join('')}${badge}</g>`;
}

/** A small dial: a clock character is missing in many fonts. */
function clockIcon(x: number, y: number): string {
  const [cx, cy] = [x.toFixed(1), y.toFixed(1)];
  return `<g fill="none" stroke="#a65c2e" stroke-width="1.1"><circle cx="${cx}" cy="${cy}" r="4.2"/><path d="M${cx} ${(y - 2.6).toFixed(1)}V${cy}l2 1.2"/></g>`;
}

const CARD = 190;
const GAP = 34;
const laneWidth = (lane: Lane): number => 170 + Math.min(lane.tasks.length, 4) * (CARD + GAP);

/** One group: what opens it and its rule at the left, its tasks in cards, what follows at the right. */
function drawLane(lane: Lane, x: number, y: number, width: number, zh: boolean): [string, number] {
  const perRow = Math.max(1, Math.floor((width - 170) / (CARD + GAP)));
  const [opener = ''] = lane.title.split('\u0000');
  const cards = lane.tasks.map((t) => [
    ...wrap(t.title, 12, 2).map((s) => ({ s, size: 13, colour: INK, weight: 600 })),
    ...wrap(t.holder, 15.5, 2).map((s) => ({ s, size: META, colour: QUIET, weight: 400 })),
    ...wrap(t.when === '' ? '' : `${zh ? '当 ' : 'if '}${t.when}`, 15.5, 3).map((s) => ({ s, size: META, colour: '#a65c2e', weight: 400 })),
    ...wrap(t.actions, 15.5, 2).map((s) => ({ s, size: META, colour: '#6f5aa6', weight: 400 })),
  ]);
  const cardHeight = Math.max(...cards.map((c) => c.reduce((sum, l) => sum + l.size * 1.4, 14)));
  const rows = Math.ceil(lane.tasks.length / perRow);
  const left = [
    ...wrap(opener, 9.5, 2).map((s) => ({ s, size: 13, colour: INK })),
    ...wrap(lane.rule, 11, 3).map((s) => ({ s, size: META, colour: QUIET })),
  ];
  const footer = lane.after.join('  ·  ');
  const height = Math.max(
    rows * (cardHeight + 12) + 12 + (footer === '' ? 0 : 20),
    left.reduce((sum, l) => sum + l.size * 1.4, 24),
  );
  const out = [`<rect x="${x}" y="${y}" width="${width}" height="${height.toFixed(1)}" rx="8" fill="#faf9fc" stroke="#ddd6ec"/>`];
  out.push(text(x + 12, y + 24, circled(lane.no), 16, '#7a64b5', 600));
  let at = y + 10;
  for (const l of left) out.push(text(x + 34, (at += l.size * 1.4) - 3, l.s, l.size, l.colour, l.size === 13 ? 600 : 400));
  lane.tasks.forEach((_, i) => {
    const [cx, cy] = [x + 170 + (i % perRow) * (CARD + GAP), y + 12 + Math.floor(i / perRow) * (cardHeight + 12)];
    out.push(
      `<rect x="${cx}" y="${cy.toFixed(1)}" width="${CARD}" height="${cardHeight.toFixed(1)}" rx="6" fill="#fff" stroke="#b9abdb"/>`,
    );
    let ty = cy + 6;
    for (const l of cards[i] ?? []) out.push(text(cx + CARD / 2, (ty += l.size * 1.4) - 3, l.s, l.size, l.colour, l.weight, 'middle'));
    const mid = cy + cardHeight / 2;
    if (lane.sequence && i % perRow < perRow - 1 && i < lane.tasks.length - 1)
      out.push(
        `<path d="M${cx + CARD + 3} ${mid.toFixed(1)}H${cx + CARD + GAP - 4}" stroke="#9480c4" stroke-width="1.4" marker-end="url(#tip-side)"/>`,
      );
  });
  if (footer !== '') out.push(text(x + 170, y + height - 10, footer, META, '#6f5aa6'));
  return [out.join('\n'), height];
}

function legendOf({ boxes, arrows, lang }: Diagram): { kind: 'box' | 'line'; key: string; label: string }[] {
  const zh = lang !== 'en';
  const names: readonly (readonly [Family, string, string])[] = [
    ['new', '待受理', 'waiting to be taken'],
    ['work', '办理中', 'in work'],
    ['wait', '等待', 'waiting'],
    ['review', '审核／回访', 'review or callback'],
    ['answer', '已答复／已解决', 'answered or resolved'],
    ['closed', '办结', 'closed'],
    ['off', '撤销／不予受理', 'cancelled or rejected'],
  ];
  const lines: readonly (readonly [Arrow['kind'], string, string])[] = [
    ['action', '人的动作', 'action of a person'],
    ['side', '子任务的结果', 'result of side tasks'],
    ['reaction', '自动处理', 'happens by itself'],
  ];
  return [
    ...names.flatMap(([key, a, b]) => (boxes.some((x) => x.family === key) ? [{ kind: 'box' as const, key, label: zh ? a : b }] : [])),
    ...lines.flatMap(([key, a, b]) => (arrows.some((x) => x.kind === key) ? [{ kind: 'line' as const, key, label: zh ? a : b }] : [])),
    ...(boxes.some((b) => b.limits.length > 0) ? [{ kind: 'box' as const, key: 'clock', label: zh ? '时限' : 'time limit' }] : []),
  ];
}

function drawLegend(items: ReturnType<typeof legendOf>, x: number, y: number, width: number): [string, number] {
  const out: string[] = [];
  let [cx, cy] = [x, y];
  for (const item of items) {
    const w = (item.key === 'clock' ? 12 : 26) + widthOf(item.label) * META + 20;
    if (cx + w > x + width) [cx, cy] = [x, cy + 20];
    if (item.key === 'clock') out.push(clockIcon(cx + 5, cy + 5));
    else {
      const colours = COLOURS[item.key as Family];
      const stroke = STROKES[item.key as Arrow['kind']];
      if (item.kind === 'box')
        out.push(`<rect x="${cx}" y="${cy - 1}" width="18" height="12" rx="3" fill="${colours.fill}" stroke="${colours.line}"/>`);
      else
        out.push(
          `<path d="M${cx} ${cy + 5}H${cx + 19}" stroke="${stroke.colour}" stroke-width="1.4"${stroke.dash === '' ? '' : ` stroke-dasharray="4 3"`} marker-end="url(#tip-${item.key})"/>`,
        );
    }
    out.push(text(cx + (item.key === 'clock' ? 13 : 24), cy + 9, item.label, META, QUIET));
    cx += w;
  }
  return [out.join(''), cy - y + 14];
}
