import { type Trial } from '../trial.js';
import { caseContracts } from './cases.js';
import { contactRule, maskedContacts } from './contacts.js';
import { closedHome, impossibleDates, longPaths } from './edges.js';
import { honouredLimits, rebuiltFigures } from './figures.js';
import { inheritedNames, oddFilters, zones } from './filters.js';
import { conflictingEvents, forgedEvents } from './forged-events.js';
import { insertOnlyHistory } from './history.js';
import { csvFormulas, logsWithoutSecrets } from './outputs.js';
import { publicStatus, publicStatusTime } from './public-status.js';
import { sourceLines } from './source-lines.js';
import { ambiguousJson, harmlessTexts, wholeCharacters } from './texts.js';
import { workbookCells } from './workbooks.js';

export const truth: readonly Trial[] = [
  forgedEvents,
  conflictingEvents,
  insertOnlyHistory,
  contactRule,
  maskedContacts,
  sourceLines,
  workbookCells,
  inheritedNames,
  zones,
  publicStatus,
  publicStatusTime,
  harmlessTexts,
  wholeCharacters,
  ambiguousJson,
  csvFormulas,
  logsWithoutSecrets,
  impossibleDates,
  closedHome,
  caseContracts,
  honouredLimits,
  rebuiltFigures,
  // Last, because their thousands of requests count against the rate of the organisation.
  longPaths,
  oddFilters,
];
