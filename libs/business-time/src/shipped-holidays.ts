import { CN } from './holidays-cn.js';
import { holidaySetOf, type HolidaySet } from './holidays.js';

/** The holiday sets that a calendar may name: `CN` for 2023 to 2026. */
export const shippedHolidays: Readonly<Record<string, HolidaySet>> = { CN: holidaySetOf(CN) };
