/** SQL type of a column whose name is that of the property (`ticketId` is `ticket_id`), or a column that has another name. */
export type Column = string | { column: string; type: string };

/**
 * The columns of one table, each declared once by the property that holds it. Selected rows come back with the names of
 * the properties, and whole rows go in as one JSON parameter, so that no statement binds twenty positions by hand.
 */
export class TableColumns<P extends string> {
  readonly properties: readonly P[];

  constructor(private readonly types: Readonly<Record<P, Column>>) {
    this.properties = Object.keys(types) as P[];
  }

  /** The list for `insert into t (…)`: `org, ticket_id`. */
  get names(): string {
    return this.properties.map((p) => this.column(p)).join(', ');
  }

  /** The list for `select …`, named as the properties: `c.org as "org", c.ticket_id as "ticketId"`. */
  select(table: string, only: readonly P[] = this.properties): string {
    return only.map((p) => `${table}.${this.column(p)} as "${p}"`).join(', ');
  }

  /** The values of a recordset in the order of `names`: `r."org", r."ticketId"`. */
  values(recordset: string): string {
    return this.properties.map((p) => `${recordset}."${p}"`).join(', ');
  }

  /** A `from` item made of a JSON array of rows; a property that a row lacks is null. `parameter` is a placeholder as `$1`. */
  recordset(parameter: string, name: string): string {
    return `json_to_recordset(${parameter}::json) as ${name} (${this.typed()})`;
  }

  /** The same of one row, a JSON object. */
  record(parameter: string, name: string): string {
    return `json_to_record(${parameter}::json) as ${name} (${this.typed()})`;
  }

  /** The properties with their types, for a recordset that has other columns too. */
  typed(except: readonly P[] = []): string {
    return this.properties
      .filter((p) => !except.includes(p))
      .map((p) => `"${p}" ${typeOf(this.types[p])}`)
      .join(', ');
  }

  /** A `from` item made of one array parameter per property, in the order of `properties`; `from` is the number of the first one. */
  arrays(from: number): string {
    return `unnest(${this.properties.map((p, i) => `$${from + i}::${typeOf(this.types[p])}[]`).join(', ')})`;
  }

  /** A row as a JSON object with the names of the properties; instants have the form in which the driver returns them. */
  json(table: string): string {
    const pairs = this.properties.map((p) => {
      const value = `${table}.${this.column(p)}`;
      const instant = typeOf(this.types[p]) === 'timestamptz';
      return `'${p}', ${instant ? `to_char(${value} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')` : value}`;
    });
    return `json_build_object(${pairs.join(', ')})`;
  }

  /** The list for `set …` from a recordset: `unit = r."unit"`; the properties of `except`, the key as a rule, are left out. */
  assign(recordset: string, except: readonly P[]): string {
    return this.properties
      .filter((p) => !except.includes(p))
      .map((p) => `${this.column(p)} = ${recordset}."${p}"`)
      .join(', ');
  }

  /** The list for `set …` from one parameter per property: `unit = $3::text`. */
  assignParameters(properties: readonly P[], placeholder: (property: P) => string): string {
    return properties.map((p) => `${this.column(p)} = ${placeholder(p)}::${typeOf(this.types[p])}`).join(', ');
  }

  /** The list for `on conflict … do update set …`: `unit = excluded.unit`. */
  assignExcluded(except: readonly P[]): string {
    return this.properties
      .filter((p) => !except.includes(p))
      .map((p) => `${this.column(p)} = excluded.${this.column(p)}`)
      .join(', ');
  }

  private column(property: P): string {
    const declared: Column = this.types[property];
    return typeof declared === 'string' ? property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : declared.column;
  }
}

/** A selected row with its nulls left out: what the database has no value for is a missing property of the domain. */
export type WithoutNulls<R> = { [K in keyof R as null extends R[K] ? never : K]: R[K] } & {
  [K in keyof R as null extends R[K] ? K : never]?: Exclude<R[K], null>;
};

export function omitNulls<R extends object>(row: R): WithoutNulls<R> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as WithoutNulls<R>;
}

function typeOf(column: Column): string {
  return typeof column === 'string' ? column : column.type;
}
