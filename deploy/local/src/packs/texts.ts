import { type Lang } from './draw/words.js';

/** What `gongdan pack …` says, in both languages; `{name}` stands for a value. A test compares the values of the two. */
export const TEXTS = {
  // Commands
  'pack.intro': ['业务包是一个存放 YAML 文件的文件夹，也可以写随平台提供的业务包名称。写法见 docs/packs-howto.md。', 'A pack is a folder of YAML files, or the name of a shipped pack. docs/packs-howto.md shows how to write one.'],
  'pack.lang': ['--lang zh-CN|en 选择语言；不写时按环境变量 LANG。', '--lang zh-CN|en chooses the language; without it LANG does.'],
  'pack.unknown': ['没有 gongdan pack {name} 这个命令；只有 {list}', 'there is no gongdan pack {name}; there are {list}'],
  'pack.folder': ['请写文件夹：gongdan pack {usage}', 'name a folder: gongdan pack {usage}'],
  'pack.option': ['不认识选项 {option}，或缺少它的值；用法：gongdan pack {usage}', '{option} is not an option here, or its value is missing: gongdan pack {usage}'],
  'pack.broken': ['业务包有错误，请先运行 gongdan pack check', 'the pack has mistakes; see gongdan pack check'],
  'draw.broken': ['图里没有读不出来的部分；业务包有错误：', 'what could not be read is not drawn; the pack has mistakes:'],
  'pack.noSample': ['没有人可以操作：请写 sample-directory.yaml', 'nobody is there to act: write sample-directory.yaml'],
  'file.none': ['没有文件 {file}', 'there is no file {file}'],
  'file.folder': ['{file} 不是文件', '{file} is not a file'],
  'file.denied': ['文件 {file} 读不出来或写不进去（{code}）', 'the file {file} can be neither read nor written ({code})'],
  'lang.wrong': ['--lang 只能是 zh-CN 或 en', '--lang is zh-CN or en'],

  'check.about': ['检查业务包，一次列出全部错误：文件:行:列 路径: 错在哪里；应当怎样写', 'reports every mistake of packs, one per line: file:line:column path: what is wrong; what would be right'],
  'check.details': ['退出码 0 表示没有错误，1 表示有错误，2 表示文件夹读不出来。加 --json 输出 {folder, file, line, column, pointer, code, rule} 数组。', 'Exit code 0: no mistake, 1: mistakes, 2: a folder could not be read. With --json an array of {folder, file, line, column, pointer, code, rule} is printed; a code is the same in both languages.'],
  'check.fine': ['没有发现错误（业务包 {n} 个）。', 'No mistake in {n} packs.'],
  'check.fineOne': ['没有发现错误。', 'The pack has no mistake.'],
  'check.count': ['共 {n} 处错误', '{n} mistakes'],
  'check.countOne': ['共 1 处错误', '1 mistake'],

  'plans.about': ['列出各定期计划接下来的时点，不需要启动服务', 'lists when the recurring plans occur next; no service is needed'],
  'plans.none': ['业务包没有定期计划。', 'The pack has no plans.'],
  'plans.over': ['此后不再发生', 'no later occurrence'],
  'plans.after': ['--after 请写日期，例如 2026-03-01', '--after is a date such as 2026-03-01'],
  'plans.count': ['--count 请写 1 到 {n}', '--count is a number from 1 to {n}'],

  'draw.about': ['把流程画成 SVG 图：环节按状态排列，标出承办人、时限、并行任务和自动动作', 'draws the process as an SVG: steps by state, holders, limits, side tasks, what happens by itself'],

  'try.about': ['在终端里走一遍流程，不需要启动服务', 'runs one ticket through the process in the terminal; no service is needed'],
  'try.details': [
    '可以输入：register [type=…] [category=…] [as 人员] · <动作> [字段=值 …] [as 人员] · wait 4h · wait 2026-03-09T10:00 · event <事件> [clock=…] · show · quit。\n用 --script 或管道输入时逐行读取并回显；有一行看不懂或动作被拒绝，退出码为 1。以 ! 开头的行必须被拒绝。\n人员来自 sample-directory.yaml。时钟随 wait 走动：到点会告警、超时，并触发自动动作。',
    'Lines: register [type=…] [category=…] [as person] · <action> [field=value …] [as person] · wait 4h · wait 2026-03-09T10:00 · event <name> [clock=…] · show · quit.\nWith --script, or when input is piped, lines are read and echoed; the exit code is 1 when a line is not understood or an action is refused. A line that begins with ! must be refused.\nPeople are those of sample-directory.yaml. Clocks run while you wait: they warn, they breach, and reactions answer.',
  ],
  'try.mustRefuse': ['这一行本应被拒绝', 'this line should have been refused'],
  'try.refusedLine': ['动作被拒绝', 'the action was refused'],
  'try.help': [
    'register [type=…] [category=…] [as 人员]   登记一张工单\nregister plan=…   定期计划此刻登记的工单\n<动作> [字段=值 …] [task=序号] [as 人员]   不写 as 时由第一个有权的人办理\nwait 4h · wait 3wd · wait 2026-03-09T10:00   时间前进：时钟告警、超时，搁置的任务醒来\nevent intake.ticket-linked …   其他服务发来的事件\nshow · help · quit',
    'register [type=…] [category=…] [as person]   a new ticket\nregister plan=…   the ticket of a recurring plan, as if it occurred now\n<action> [field=value …] [task=no] [as person]   without "as" the first who may\nwait 4h · wait 3wd · wait 2026-03-09T10:00   time passes: clocks warn and breach, sleeping tasks wake up\nevent intake.ticket-linked …   what another service would say\nshow · help · quit',
  ],
  'try.noTicket': ['还没有工单，请先输入：register type=… category=…', 'no ticket yet: register type=… category=…'],
  'try.oneOf': ['{key} 只能是 {list}', '{key} is one of {list}'],
  'try.class': ['  类型 {type}，分类 {category}，优先级 {priority}', '  type {type}, category {category}, priority {priority}'],
  'try.notAsked': ['登记时没有 {key} 这一项；可以写 {list}', '{key} is not asked for at registration; there are {list}'],
  'try.required': ['登记时必填 {key}（intake.yaml 的 required）', '{key} is required at registration (required in intake.yaml)'],
  'try.number': ['{key} 要写数字', '{key} is a number'],
  'try.date': ['{key} 要写日期，例如 2026-03-02', '{key} must be a date such as 2026-03-02'],
  'try.pattern': ['{key} 的样式应为 {pattern}', '{key} must look like {pattern}'],
  'try.wait': ['请写 wait 30min、wait 4h、wait 3d、wait 2wd，或以后的某一时刻：wait 2026-03-09T10:00', 'wait 30min, 4h, 3d or 2wd, or until a later instant: wait 2026-03-09T10:00'],
  'try.now': ['现在是 {at}。', 'It is {at}.'],
  'try.wakes': ['{at} 任务 {task} 醒来', '{at} task {task} wakes up'],
  'try.warns': ['{at} 时钟“{clock}”提醒（{point}）', '{at} clock {clock} warns ({point})'],
  'try.breaches': ['{at} 时钟“{clock}”超时', '{at} clock {clock} breaches'],
  'try.loop': ['自动动作接连发生超过 {n} 次，停在这里；请给它们加上 limit', 'more than {n} things happened by themselves; stopped here: give the reactions a limit'],
  'try.skipped': ['自动动作 {reaction} 没有执行：{why}', 'reaction {reaction} did not run: {why}'],
  'try.unheard': ['没有自动动作在听 {name}；它们听的是 {list}', 'no reaction hears {name}; they hear {list}'],
  'try.notHere': ['{action} 不能在环节 {step} 做，只能在 {on} 做；现在可以做：{list}', '{action} is not possible in step {step}, only on {on}; possible now: {list}'],
  'try.noPool': ['没有在公共池里等着的任务；现在可以做：{list}', 'no task waits in a pool; possible now: {list}'],
  'try.notYours': ['{action} 只能由{by}办理；现在可以办理的人：{list}', '{action} is for: {by}; who may now: {list}'],
  'try.spent': ['{action} 的次数已经用完：{limit}', '{action} was done as often as it may be: {limit}'],
  'try.limit': ['{per} {n} 次', '{n} × {per}'],
  'try.limitMinutes': ['{minutes} 分钟内 {n} 次', '{n} × in {minutes} minutes'],
  'try.perCase': ['每张工单', 'per case'],
  'try.perRun': ['每一轮', 'per run'],
  'try.perTask': ['每个任务', 'per task'],
  'try.perUnit': ['每个单位', 'per unit'],
  'try.guard': ['条件不成立：{when}', 'the condition does not hold: {when}'],
  'try.blocked': ['子任务组 {list} 还没有完成，不能办结', 'the group {list} is still open, and blocks closing'],
  'try.asks': ['  请求其他服务：{what}', '  asks another service: {what}'],
  'try.line': ['第 {n} 行：{why}', 'line {n}: {why}'],
  'try.noAction': ['没有动作 {name}；现在可以做：{list}', 'there is no action {name}; possible now: {list}'],
  'try.nothing': ['（没有）', '(nothing)'],
  'try.nobody': ['sample-directory.yaml 里没有 {id}，只有 {list}', '{id} is nobody of sample-directory.yaml; there are {list}'],
  'try.word': ['{word}：请写成 字段=值；值里有空格时加引号', '{word}: write field=value, with quotes around a value with blanks'],
  'try.value': ['{word}：引号或括号没有写完整', '{word}: the quotes or brackets are not complete'],
  'try.by': ['{name}（{key}），办理人 {person}', '{name} ({key}) by {person}'],
  'try.refused': ['被拒绝 {code}：{why}', 'REFUSED {code}: {why}'],
  'try.whichTask': ['有几个任务可以做 {action}，请写 {list}', 'several open tasks take {action}; write {list}'],
  'try.or': [' 或 ', ' or '],
  'try.taskEnded': ['任务 {task} 已结束，或不能做这个动作；未完的子任务：{list}', 'task {task} is over, or takes another action; open side tasks: {list}'],
  'try.unseen': ['平台上返回 404：{person} 看不到这张工单；工单在 {unit}，而 {person} 的角色只到 {reach}', '404 on the platform: {person} does not see the ticket; it is with {unit}, and the roles of {person} reach {reach}'],
  'try.told': ['  发出事件：{name}', '  told: {name}'],
  'try.held': [' 承办：{holder}', ' held by {holder}'],
  'try.side': ['  并行任务 {no}：[{name}] {step}，承办：{holder}', '  side task {no}: [{name}] {step} held by {holder}'],
  'try.sleeps': ['，搁置到 {at}', ', asleep until {at}'],
  'try.can': ['  可做：{action}{asks}  — {people}', '  can: {action}{asks}  — {people}'],
  'try.role': ['角色 {role}', 'role {role}'],
  'try.unit': ['单位 {unit}', 'unit {unit}'],
  'try.waits': ['等待 {whom}', 'waits for {whom}'],
  'try.group': ['会签组 {group}', 'group {group}'],
  'try.noHolder': ['无人', 'nobody'],
  'try.running': ['  时钟 {clock}（{name}）：到期 {at}，还有 {left}', '  clock {clock} ({name}): due {at}, in {left}'],
  'try.late': ['  时钟 {clock}（{name}）：{at} 已超时', '  clock {clock} ({name}): was due {at}, breached'],
  'try.paused': ['  时钟 {clock}（{name}）：已暂停', '  clock {clock} ({name}): paused'],
  'try.ended': ['  时钟 {clock}（{name}）：{outcome}', '  clock {clock} ({name}): {outcome}'],
  'try.met': ['按时完成', 'kept'],
  'try.missed': ['已超时', 'not kept'],
  'try.cancelled': ['已取消', 'cancelled'],

  'diff.about': ['说明新版本改了什么，对未办结的工单意味着什么', 'says what a new version changes, and what that means for tickets that are open'],
  'diff.details': ['只写一个文件夹时，与运行中的平台上生效的版本比较。未办结的工单按登记时的版本走完；环节仍然存在时，主管可以把它转到新版本。', 'With one folder it is compared with the version in force on the running stack. Open tickets finish on the version they began with; a supervisor may move one where its steps are still there.'],
  'diff.head': ['{key} 第 {old} 版 -> 第 {next} 版：{n} 处不同', '{key} version {old} -> {next}, differences: {n}'],
  'diff.open': ['未办结的工单按登记时的版本走完。', 'Open tickets finish on the version they began with.'],
  'diff.moved': ['转到第 {next} 版的工单：', 'For a ticket that is moved to version {next}:'],
  'diff.added': ['新增', 'added'],
  'diff.removed': ['删去', 'removed'],
  'diff.changed': ['修改', 'changed'],
  'diff.raise': ['发布前请把 pack.yaml 的 version 改为 {n}。', 'Raise version in pack.yaml to {n} before you publish.'],

  'schema.about': ['为业务包的每个部分写出 JSON Schema，供编辑器补全和检查（写到 .gongdan/schemas）', 'writes one JSON Schema per part of a pack, so that editors complete and check (to .gongdan/schemas)'],
  'schema.details': ['写上部分名称时直接输出。编辑器装好 YAML 语言服务（VS Code 扩展 “YAML”）后，在文件第一行写：\n  # yaml-language-server: $schema=<文件夹>/process.json', 'With a part the schema is printed. In an editor with the YAML language server (VS Code: the extension "YAML"), put this line on top of a file:\n  # yaml-language-server: $schema=<folder>/process.json'],
  'schema.none': ['没有 {part} 这个部分，只有 {list}', 'there is no part {part}; the parts are {list}'],
  'schema.done': ['{n} 个 Schema 已写到 {folder}', '{n} schemas are in {folder}'],

  'explain.about': ['说明业务包某一部分有哪些键、各写什么', 'explains the keys of a part of a pack: what each holds and means'],
  'explain.details': ['例如 gongdan pack explain process.actions.do；列表里的位置和自己起的名字可以省略。', 'For example gongdan pack explain process.actions.do; places in lists and names of your own may be left out.'],
  'explain.next': ['例如：gongdan pack explain process.actions', 'For example: gongdan pack explain process.actions'],
  'explain.none': ['{of} 里没有 {key}，只有 {list}', '{of} has no key {key}; there are {list}'],
  'explain.star': ['* 必须写。', '* must be there.'],
  'explain.more': ['更细的说明：gongdan pack explain {path}', ' More: gongdan pack explain {path}'],

  'publish.about': ['检查业务包并发布到运行中的平台，新工单立即使用；未办结的工单不受影响', 'checks a pack and puts it in force for new tickets of the running stack; open tickets stay on their version'],
  'publish.details': ['发布人需要 packs:write 权限（默认 root）。内容相同再发一次不会改变什么；内容不同须在 pack.yaml 中提高 version。\n发布后会列出无人担任的角色和目录里没有的单位：只是提醒，补上即可。', 'The person needs the right packs:write (default: root). Publishing the same content again changes nothing; other content needs a higher version in pack.yaml.\nIt names the roles that nobody holds and the units that the directory does not have: a warning, nothing is refused.'],
  'publish.inForce': ['已生效：{key} 第 {version} 版', 'in force: {key} version {version}'],
  'publish.noRole': ['注意：没有人担任角色 {key}（用在 {pointer}）', 'warning: nobody holds the role {key} (needed at {pointer})'],
  'publish.noUnit': ['注意：目录里没有单位 {key}（用在 {pointer}）', 'warning: the directory has no unit {key} (needed at {pointer})'],
  'publish.hint': ['补齐之前，这些环节的工单会等待。试用时可运行 gongdan pack directory {folder}；正式使用请导入本单位的目录。', 'Tickets wait at these places until somebody is there. For a trial: gongdan pack directory {folder}; otherwise import the directory of your organisation.'],
  'publish.refused': ['平台拒绝了这个业务包：', 'the platform refused the pack:'],

  'list.about': ['列出生效的业务包', 'lists the packs in force'],
  'list.key': ['标识', 'key'],
  'list.version': ['版本', 'version'],
  'list.names': ['名称', 'name'],
  'list.at': ['发布时间', 'published'],
  'list.by': ['发布人', 'by'],
  'list.unreadable': ['（这个版本的平台读不出来）', '(this release cannot read it)'],
  'list.none': ['没有生效的业务包。', 'No pack is in force.'],

  'directory.about': ['把 sample-directory.yaml 的单位和人员装入运行中的平台，供演示使用', 'loads the units and people of sample-directory.yaml into the directory of the running stack, for demos'],
  'directory.details': ['请先发布业务包，平台才认识它的角色。已有的条目会被替换。执行人需要 directory:write 权限（默认 root）。', 'Publish the pack before: its roles must be known. Entries that are there are replaced. The person needs the right directory:write (default: root).'],
  'directory.none': ['文件夹里没有有效的 sample-directory.yaml，请先运行 gongdan pack check', 'the folder has no valid sample-directory.yaml; see gongdan pack check'],
  'directory.done': ['已装入单位 {units} 个、人员 {people} 名', '{units} units and {people} people are in the directory'],

  'replay.about': ['用草稿的派单表重判过去的工单，列出会派给别人的', 'judges past tickets by the draft of a routing table and lists what would have gone elsewhere'],
  'replay.details': [
    '在运行中的平台上执行，只读不写。只用当时记录下来的事实；草稿问到没有记录的事实时，列为“无法判断”，不作猜测。\n--from、--to 是时刻或日期（含 from，不含 to）；--limit 是最多查看多少条派单记录；--as 是执行人，需要 routing:replay 权限（默认 root）。--json 输出一个 JSON 对象。',
    'It runs on the running stack and writes nothing. It goes by the facts that were recorded; a ticket of which the draft asks what was not recorded is listed as undecidable, never guessed.\n--from and --to are instants or dates (from is included, to is not); --limit is how many decisions are looked at; --as is the person, who needs the right routing:replay (default: root). --json prints one JSON object.',
  ],
  'replay.noRouting': ['业务包没有 routing.yaml，没有可以重判的派单表', 'the pack has no routing.yaml: there is no table to replay'],
  'replay.instant': ['{option} 要写日期或时刻，例如 2026-03-01 或 2026-03-01T08:00:00+08:00', '{option} is a date or an instant, such as 2026-03-01 or 2026-03-01T08:00:00+08:00'],
  'replay.number': ['--limit 要写正整数', '--limit is a whole number above 0'],
  'replay.moved': ['{number}  {was} -> {would}  [{facts}]', '{number}  {was} -> {would}  [{facts}]'],
  'replay.undecidable': ['{number}  {was} -> 无法判断：没有记录 {missing}', '{number}  {was} -> undecidable: not recorded: {missing}'],
  'replay.nobody': ['无人', 'nobody'],
  'replay.somebody': ['{unit} 的一名成员', 'a person of {unit}'],
  'replay.row': ['{holder}（{rule}）', '{holder} ({rule})'],
  'replay.totals': ['每一行：', 'Per row:'],
  'replay.table': ['派单表', 'table'],
  'replay.rule': ['行', 'row'],
  'replay.before': ['当时', 'then'],
  'replay.after': ['草稿', 'draft'],
  'replay.gone': ['改派', 'moved'],
  'replay.unknown': ['无法判断', 'undecidable'],
  'replay.sum': ['共重判 {judged} 条派单记录：改派 {moved}，无法判断 {undecidable}，不变 {same}。', '{judged} decisions judged: {moved} moved, {undecidable} undecidable, {same} the same.'],
  'replay.withoutTable': ['另有 {n} 条出自草稿里没有的派单表。', '{n} more were made by tables that the draft does not have.'],
} as const satisfies Record<string, readonly [zh: string, en: string]>; // prettier-ignore

export type TextKey = keyof typeof TEXTS;

/** The language of a call, and its texts. */
export class Speech {
  constructor(
    readonly lang: Lang,
    /** `--lang` was given; without it a picture has the language of its pack. */
    readonly chosen: boolean = false,
  ) {}

  say(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
    const text: string = TEXTS[key][this.lang === 'zh-CN' ? 0 : 1];
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
  }
}

/** Takes `--lang` out of the arguments; without it the environment decides (LC_ALL, LC_MESSAGES, LANG), as it does for other commands. */
export function speechOf(args: readonly string[], env: NodeJS.ProcessEnv = process.env): { speech: Speech; rest: string[] } {
  const rest: string[] = [];
  let asked: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--lang') asked = args[++i] ?? '';
    else if (arg.startsWith('--lang=')) asked = arg.slice('--lang='.length);
    else rest.push(arg);
  }
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  const lang = asked === 'zh-CN' || asked === 'en' ? asked : /^zh/i.test(locale) ? 'zh-CN' : 'en';
  const speech = new Speech(lang, asked !== undefined);
  if (asked !== undefined && asked !== 'zh-CN' && asked !== 'en') throw new Error(speech.say('lang.wrong'));
  return { speech, rest };
}
