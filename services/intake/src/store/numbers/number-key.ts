/**
 * What two writings of the same number have in common: case, width and blanks do not count. The unique index tickets_number holds this
 * expression (migration 0107), and reporting searches by the same one.
 */
export const numberKey = (value: string): string => `upper(regexp_replace(normalize(${value}, nfkc), '\\s', '', 'g'))`;
