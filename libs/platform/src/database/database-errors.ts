/** SQLSTATE of a Postgres error anywhere in the chain of causes. */
export function sqlState(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const code = (e as { code?: unknown }).code;
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
    const driver = (e as { driverError?: unknown }).driverError;
    if (driver instanceof Error && driver !== e) return sqlState(driver);
  }
  return undefined;
}

/** True when the database cannot be reached, as opposed to a wrong statement: SQLSTATE classes 08, 53 and 57P, and socket errors. */
export function isDatabaseAway(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    const code = (e as { code?: unknown }).code;
    if (typeof code === 'string' && /^(08...|53...|57P0.|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)$/.test(code))
      return true;
    if (
      /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Query runner already released/.test(
        e.message,
      )
    )
      return true;
    const driver = (e as { driverError?: unknown }).driverError;
    if (driver instanceof Error && driver !== e && isDatabaseAway(driver)) return true;
  }
  return false;
}
