import { type WorkbookParts, workbookOf } from '@gongdan/testing';
import { type Trial } from '../trial.js';
import { ask, eachOf, Findings, fresh, importFile, mapping, READER, rowsOf } from './desk.js';

const HEADER =
  '<row r="1"><c r="A1" t="inlineStr"><is><t>key</t></is></c><c r="B1" t="inlineStr"><is><t>title</t></is></c><c r="C1" t="inlineStr"><is><t>registeredAt</t></is></c></row>';
const T = 'xml:space="preserve"';

interface Cell {
  /** The cell as XML, without its address. */
  xml: string;
  /** What a person sees in Excel: the title, or the instant in UTC of a date read in Shanghai. Undefined: only a refusal is right. */
  shown?: string;
  /** A refusal with its reason is right too, because the mapping names another form of dates. */
  mayRefuse?: boolean;
  strings?: string;
  numFmts?: string;
  styles?: number[];
  workbookPr?: string;
}

const inline = (is: string, shown?: string): Cell => ({ xml: `t="inlineStr"><is>${is}</is>`, ...(shown === undefined ? {} : { shown }) });
const shared = (si: string, shown?: string): Cell => ({
  xml: 't="s"><v>0</v>',
  strings: `<si>${si}</si>`,
  ...(shown === undefined ? {} : { shown }),
});

const TITLES: Record<string, Cell> = {
  'plain text': shared('<t>断网</t>', '断网'),
  'rich text': shared(`<r><rPr><b/></rPr><t>断</t></r><r><t>网了</t></r>`, '断网了'),
  'rich text with an empty first run': shared('<r><t/></r><r><t>断网</t></r>', '断网'),
  'rich text of blanks': shared(`<r><t ${T}>断 </t></r><r><t ${T}> 网</t></r>`, '断  网'),
  'rich text inside the cell': inline('<r><rPr><i/></rPr><t>断</t></r><r><t>网</t></r>', '断网'),
  furigana: shared('<t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/>', '東京'),
  'furigana before the word': shared('<rPh sb="0" eb="2"><t>トウキョウ</t></rPh><t>東京</t>', '東京'),
  'furigana in rich text': shared('<r><t>東</t></r><r><t>京</t></r><rPh sb="0" eb="1"><t>トウ</t></rPh><rPh sb="1" eb="2"><t>キョウ</t></rPh>', '東京'),
  'furigana inside the cell': inline('<t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh>', '東京'),
  'an entity': shared('<t>a &lt; b &amp;amp; c</t>', 'a < b &amp; c'),
  'a character reference': shared('<t>&#26029;&#x7F51;</t>', '断网'),
  CDATA: shared('<t><![CDATA[断<网>]]></t>', '断<网>'),
  'a comment in the text': shared('<t>断<!-- x -->网</t>', '断网'),
  'an emoji': shared('<t>断网😀</t>', '断网😀'),
  'an escaped character': shared('<t>断_x0041_网</t>', '断A网'),
  'text of a formula': { xml: 't="str"><f>"断"&amp;"网"</f><v>断网</v>', shown: '断网' },
  'a number': { xml: '><v>42</v>', shown: '42' },
  'a long number': { xml: '><v>1.3800001234E10</v>', shown: '13800001234' },
  'a shared string that is missing': { xml: 't="s"><v>7</v>' },
  'a negative shared string': { xml: 't="s"><v>-1</v>' },
  'an unknown type': { xml: 't="zz"><v>断网</v>' },
  'an external entity': { xml: 't="inlineStr"><is><t>&xxe;</t></is>' },
}; // prettier-ignore

const at = (xml: string, shown?: string, more: Partial<Cell> = {}): Cell => ({ xml, ...(shown === undefined ? {} : { shown }), ...more });
const day = { styles: [0, 14, 22] };
const own = (code: string): Partial<Cell> => ({
  styles: [0, 170],
  numFmts: `<numFmts><numFmt numFmtId="170" formatCode="${code}"/></numFmts>`,
});
const since1904 = { workbookPr: '<workbookPr date1904="true"/>' };

/** 2020-05-02 is day 43953 since 1900 and day 42491 since 1904. */
const DATES: Record<string, Cell> = {
  'a cell of type date': at('t="d"><v>2020-05-02T10:00:00</v>', '2020-05-02T02:00:00.000Z'),
  'a cell of type date with milliseconds': at('t="d"><v>2020-05-02T10:00:00.250</v>', '2020-05-02T02:00:00.250Z'),
  'a cell of type date without a time': at('t="d"><v>2020-05-02</v>', '2020-05-01T16:00:00.000Z'),
  'a cell of type date in UTC': at('t="d"><v>2020-05-02T02:00:00Z</v>', '2020-05-02T02:00:00.000Z', { mayRefuse: true }),
  'a cell of type date with an offset': at('t="d"><v>2020-05-02T10:00:00+08:00</v>', '2020-05-02T02:00:00.000Z', { mayRefuse: true }),
  'a cell of type date and a date format': at('t="d" s="1"><v>2020-05-02T10:00:00</v>', '2020-05-02T02:00:00.000Z', day),
  'a cell of type date with a number': at('t="d"><v>43953.5</v>'),
  'a cell of type date that no calendar has': at('t="d"><v>2020-02-30</v>'),
  'a number shown as a date': at('s="1"><v>43953.5</v>', '2020-05-02T04:00:00.000Z', day),
  'a number shown as a time stamp': at('s="2"><v>43953.999988425926</v>', '2020-05-02T15:59:59.000Z', day),
  'a number of an own date format': at('s="1"><v>43953</v>', '2020-05-01T16:00:00.000Z', own('yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;')),
  'a number of an own date format of Chinese Excel': at('s="1"><v>43953</v>', '2020-05-01T16:00:00.000Z', own('[$-804]yyyy/m/d')),
  'a number without a date format': at('><v>43953.5</v>'),
  'a number shown as money': at('s="1"><v>43953.5</v>', undefined, own('#,##0.00&quot;天&quot;')),
  'days since 1904': at('s="1"><v>42491</v>', '2020-05-01T16:00:00.000Z', { ...day, ...since1904 }),
  'days since 1904, said with 1': at('s="1"><v>42491</v>', '2020-05-01T16:00:00.000Z', { ...day, workbookPr: '<workbookPr date1904="1"/>' }),
  'a cell of type date in a workbook of 1904': at('t="d"><v>2020-05-02T10:00:00</v>', '2020-05-02T02:00:00.000Z', since1904),
  'days since 1900, said with 0': at('s="1"><v>43953</v>', '2020-05-01T16:00:00.000Z', { ...day, workbookPr: '<workbookPr date1904="0"/>' }),
  'a day 1900 did not have': at('s="1"><v>60</v>', undefined, day),
  'a negative day': at('s="1"><v>-1</v>', undefined, day),
  'a day after 2100': at('s="1"><v>73420</v>', undefined, day),
  'the last day of Excel': at('s="1"><v>2958465</v>', undefined, day),
  'an error': at('t="e"><v>#VALUE!</v>'),
  'a yes': at('t="b"><v>1</v>'),
  'a text': at('t="str"><v>2020-05-02 10:00:00</v>', '2020-05-02T02:00:00.000Z'),
  'a text of another form': at('t="str"><v>05/02/2020</v>'),
}; // prettier-ignore

function bookOf(title: Cell, date: Cell, key: string): Buffer {
  const odd = title.strings === undefined && title.styles === undefined ? date : title;
  const cells = `<c r="A2" t="inlineStr"><is><t>${key}</t></is></c><c r="B2" ${title.xml}</c><c r="C2" ${date.xml}</c>`;
  const parts: WorkbookParts = { rows: `${HEADER}<row r="2">${cells.replaceAll(' >', '>')}</row>` };
  for (const name of ['strings', 'numFmts', 'styles', 'workbookPr'] as const) {
    const value = odd[name] ?? date[name] ?? title[name];
    if (value !== undefined) Object.assign(parts, { [name]: value });
  }
  return workbookOf(parts);
}

const PLAIN_TITLE: Cell = { xml: 't="inlineStr"><is><t>断网</t></is>', shown: '断网' };
const PLAIN_DATE: Cell = { xml: 't="d"><v>2020-05-02T10:00:00</v>', shown: '2020-05-02T02:00:00.000Z' };

/** Fault 12. */
export const workbookCells: Trial = {
  name: 'workbook-cells',
  claim:
    'Each cell of a workbook becomes what Excel shows, or its row or file is refused with the reason; nothing is read as something else.',
  async run({ client }) {
    const found = new Findings();
    const fields = ['title', 'registeredAt'];
    const cases = [
      ...Object.entries(TITLES).map(([how, c]) => ({
        how,
        book: bookOf(c, PLAIN_DATE, 'K'),
        title: c.shown,
        date: c.shown && PLAIN_DATE.shown,
        mayRefuse: false,
      })),
      ...Object.entries(DATES).map(([how, c]) => ({
        how,
        book: bookOf(PLAIN_TITLE, c, 'K'),
        title: c.shown && '断网',
        date: c.shown,
        mayRefuse: c.mayRefuse ?? false,
      })),
    ];
    await eachOf(cases, async ({ how, book, title, date, mayRefuse }) => {
      const view = await importFile(client, book, mapping(fresh('book'), fields, { format: 'xlsx' }));
      const [row] = view.state === 'done' ? await rowsOf(client, view.id) : [];
      if (title === undefined || date === undefined || (mayRefuse && row?.outcome !== 'created')) {
        const reason = view.state === 'failed' ? view.error : row?.notes?.[0]?.detail;
        found.check(
          view.created === 0 && Boolean(reason),
          `${how}: accepted without a reason to trust it (${view.state}, ${row?.outcome})`,
        );
        return;
      }
      found.check(row?.outcome === 'created', `${how}: ${view.state} ${view.error ?? ''} ${row?.outcome} ${JSON.stringify(row?.notes)}`);
      if (!row?.ticketId) return;
      const ticket = (await ask(client, 'intake', 'GET', `/v1/tickets/${row.ticketId}`, { as: READER })).body;
      found.check(ticket['title'] === title, `${how}: the title is ${JSON.stringify(ticket['title'])} and not ${JSON.stringify(title)}`);
      found.check(ticket['registeredAt'] === date, `${how}: the date is ${String(ticket['registeredAt'])} and not ${date}`);
    });
    return found.end(`checks of ${cases.length} workbooks`);
  },
};
