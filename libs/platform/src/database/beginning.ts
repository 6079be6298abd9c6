import pg from 'pg';

/** What @types/pg leaves out of a query. */
interface RawQuery extends pg.Submittable {
  callback: (error: Error | undefined, result: pg.QueryResult) => void;
  prepare(connection: RawConnection): void;
  hasBeenParsed(connection: RawConnection): boolean;
  handleCommandComplete(message: unknown, connection: RawConnection): void;
}

interface RawConnection {
  parse(statement: { name: string; text: string }): void;
  bind(portal: object): void;
  execute(portal: object): void;
}

const Query = pg.Query as unknown as new (config: pg.QueryConfig) => RawQuery;

/**
 * A statement that the server has prepared on this connection, with BEGIN before it: both go out in one write and are answered in one. No Sync stands between them, so the
 * statement does not run when BEGIN has failed.
 */
class Beginning extends Query {
  private begun = false;

  override prepare(connection: RawConnection): void {
    connection.parse({ name: '', text: 'begin' });
    connection.bind({});
    connection.execute({});
    super.prepare(connection);
  }

  override handleCommandComplete(message: unknown, connection: RawConnection): void {
    if (this.begun) super.handleCommandComplete(message, connection);
    this.begun = true;
  }
}

/** Begins a transaction with its first statement: in one round trip, or in two when the statement is not prepared on this connection yet. */
export async function beginWith(client: pg.PoolClient, statement: pg.QueryConfig): Promise<pg.QueryResult> {
  const query = new Beginning(statement);
  // The answer to Parse is booked under the name of the query, and that of BEGIN comes first: it must not stand for a statement that failed to parse.
  if (!query.hasBeenParsed((client as unknown as { connection: RawConnection }).connection)) {
    await client.query('begin');
    return client.query(statement);
  }
  return new Promise((resolve, reject) => {
    query.callback = (error, result) => (error ? reject(error) : resolve(result));
    client.query(query);
  });
}
