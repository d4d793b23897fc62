import { DatabaseSync } from 'node:sqlite';

/** What differs from run to run: when migrations ran, and ids drawn at random. */
const VOLATILE: Record<string, string> = { timestamp: '2026-11-05T12:00:00.000Z' };

interface SchemaRow {
  type: string;
  name: string;
  sql: string;
}

/** Every table and index as SQL, in an order that does not depend on how they came to be. */
export function dumpSchema(file: string): string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return readSchema(database).map(({ sql }) => `${sql};`);
  } finally {
    database.close();
  }
}

/** The whole database as SQL that makes it again, schema and rows. */
export function dump(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const schema = readSchema(database);
    const lines = schema.map(({ sql }) => `${sql};`);
    for (const { name } of schema.filter(({ type }) => type === 'table')) {
      const rows = database.prepare(`select * from "${name}" order by 1, 2`).all();
      for (const row of rows) lines.push(insertStatement(name, row));
    }
    return `${lines.join('\n')}\n`;
  } finally {
    database.close();
  }
}

/** Tables first: an index needs its table. */
function readSchema(database: DatabaseSync): SchemaRow[] {
  const rows = database
    .prepare(
      'select type, name, sql from sqlite_schema where sql is not null order by type desc, name',
    )
    .all();
  return rows.map((row) => ({
    type: String(row['type']),
    name: String(row['name']),
    sql: String(row['sql']),
  }));
}

function insertStatement(table: string, row: Record<string, unknown>): string {
  const columns = Object.keys(row);
  const values = Object.entries(row).map(([name, value]) => literal(VOLATILE[name] ?? value));
  return `insert into "${table}" (${columns.join(', ')}) values (${values.join(', ')});`;
}

function literal(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`;
  return `'${String(value).replaceAll("'", "''")}'`;
}
