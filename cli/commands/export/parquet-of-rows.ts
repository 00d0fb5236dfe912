import type { SchemaElement } from 'hyparquet' with { 'resolution-mode': 'import' };
import type { PreferenceRow } from './preference-row.js';

type ColumnName = keyof PreferenceRow;

/** In the order of a JSON line. */
const COLUMNS: readonly ColumnName[] = [
  ...(['prompt', 'chosen', 'rejected', 'margin', 'probability', 'weight'] as const),
  ...(['locale', 'category', 'rubric_hash'] as const),
];

/** Rows as a Parquet file, Snappy compressed: columns that no row has are left out, and conversations are lists of structs. */
export async function parquetOfRows(rows: readonly PreferenceRow[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const names = COLUMNS.filter((name) => rows.some((row) => row[name] !== undefined));
  const columns = names.map((name) => ({ name, values: rows.map((row) => row[name]) }));
  const schema: SchemaElement[] = [
    { name: 'root', num_children: names.length },
    ...columns.flatMap(({ name, values }) => elementsOf(name, values)),
  ];
  const columnData = columns.map(({ name, values }) => ({
    name,
    data: values.map((value) => value ?? null),
  }));
  return new Uint8Array(parquetWriteBuffer({ schema, columnData, createdBy: 'majlis' }));
}

/** A column's place in the schema; one that some rows lack may be null. */
function elementsOf(name: ColumnName, values: readonly PreferenceRow[ColumnName][]): SchemaElement[] {
  const repetition_type = values.includes(undefined) ? 'OPTIONAL' : 'REQUIRED';
  const [first] = values.filter((value) => value !== undefined);
  if (typeof first === 'number') return [{ name, type: 'DOUBLE', repetition_type }];
  if (typeof first === 'string') return [{ ...textElement(name), repetition_type }];
  return [
    {
      ...{ name, repetition_type, num_children: 1 },
      ...{ converted_type: 'LIST', logical_type: { type: 'LIST' } },
    },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'REQUIRED', num_children: 2 },
    textElement('role'),
    textElement('content'),
  ];
}

function textElement(name: string): SchemaElement {
  return {
    ...{ name, type: 'BYTE_ARRAY', repetition_type: 'REQUIRED' },
    ...{ converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  };
}
