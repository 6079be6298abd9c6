export type { Calendar, CalendarSpec, Weekday } from './calendar.js';
export { CalendarError, compileCalendar, holidayCoverage } from './calendar.js';
export type { HolidaySet } from './holidays.js';
export { shippedHolidays } from './holidays.js';
export { addOpenTime, endOfWorkingDay, isOpen, isWorkingDay, nextOpen, openTimeBetween, workingDaysBetween } from './working-time.js';
export type { LocalParts } from './zone.js';
export { addCalendarDays, addCalendarMonths, instantOfLocal, localDate, localMonth, localParts } from './zone.js';
