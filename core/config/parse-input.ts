import { z } from 'zod';
import { BadInputError } from '../errors.js';

const LONGEST_QUOTE = 60;

type Issue = z.core.$ZodIssue;

/**
 * Parses a value from outside. The first thing wrong with it becomes one BadInputError: where in it, what was
 * found, what is allowed. `place` is put before the path inside the value, for example `line 3`.
 */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, where: InputPlace): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const issue = firstIssue(result.error.issues);
  const path = dotted(issue.path);
  const place = [where.place, path].filter((part) => part !== undefined && part !== '').join(', ');
  throw new BadInputError(
    {
      source: where.source,
      ...(place === '' ? {} : { place }),
      found: describeFound(issue),
      allowed: describeAllowed(issue, schema),
    },
    result.error,
  );
}

/** Where an input stood. */
export interface InputPlace {
  readonly source: string;
  readonly place?: string;
}

/** A value as a sentence can hold it: JSON, shortened. */
export function quote(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);
  return text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}… (${text.length} characters)`;
}

/** An unknown key is named before what it left missing: it is usually the misspelt one. */
function firstIssue(issues: readonly Issue[]): Issue {
  return issues.find((issue) => issue.code === 'unrecognized_keys') ?? issues[0];
}

function dotted(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function describeFound(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') return `unknown key ${issue.keys.map(quote).join(', ')}`;
  if (issue.code === 'invalid_union' && 'discriminator' in issue && issue.discriminator !== undefined) {
    return quote(new Map<string, unknown>(Object.entries(issue.input ?? {})).get(issue.discriminator));
  }
  if (issue.code === 'custom' && typeof issue.params?.found === 'string') return issue.params.found;
  return quote(issue.input);
}

function describeAllowed(issue: Issue, schema: z.ZodType): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return keysAt(schema, issue);
    case 'invalid_union':
      return describeVariants(issue);
    case 'invalid_value':
      return issue.values.map(quote).join(', ');
    case 'invalid_type':
      return `a value of type ${issue.expected}`;
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unit(issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unit(issue.origin)}`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'not_multiple_of':
      return issue.message;
    case 'invalid_key':
      return reasonOf(issue);
  }
}

/** A key is refused for what is wrong with it as a text. */
function reasonOf({ issues, message }: Extract<Issue, { code: 'invalid_key' }>): string {
  return issues.length === 0 ? message : issues[0].message;
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' || origin === 'set' ? ' items' : '';
}

/** A value that several shapes are told apart by, one of which was meant. */
function describeVariants(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  if (!('options' in issue) || issue.options === undefined) return issue.message;
  return issue.options.flatMap((option) => (typeof option === 'string' ? quote(option) : [])).join(', ');
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  /** Shapes that a constant in each tells apart. */
  readonly oneOf?: readonly SchemaNode[];
  readonly const?: unknown;
  readonly required?: readonly string[];
}

/** The keys that the object at an issue's path may have, read from the schema's JSON Schema. */
function keysAt(schema: z.ZodType, { path, input }: Issue): string {
  let node: SchemaNode | undefined = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  }) as SchemaNode;
  for (const part of path) node = typeof part === 'number' ? node?.items : propertyOf(node, String(part));
  const { meant, by } = variantOf(node, input);
  const keys = Object.keys(meant?.properties ?? {});
  return keys.length === 0 ? 'known keys only' : `the keys ${keys.join(', ')}${by}`;
}

/** Of several shapes, the one that the input's constants say, and the words that name it. */
function variantOf(
  node: SchemaNode | undefined,
  input: unknown,
): { readonly meant: SchemaNode | undefined; readonly by: string } {
  if (node?.oneOf === undefined) return { meant: node, by: '' };
  const given = new Map<string, unknown>(Object.entries(input ?? {}));
  for (const meant of node.oneOf) {
    const constants = Object.entries(meant.properties ?? {}).filter(([, inner]) => inner.const !== undefined);
    const isMeant = constants.every(([key, inner]) =>
      given.has(key) ? given.get(key) === inner.const : meant.required?.includes(key) !== true,
    );
    const words = constants.map(([key, inner]) => `${key} ${String(inner.const)}`).join(', ');
    if (isMeant) return { meant, by: words === '' ? '' : ` with ${words}` };
  }
  return { meant: undefined, by: '' };
}

function propertyOf(node: SchemaNode | undefined, key: string): SchemaNode | undefined {
  const rest = node?.additionalProperties;
  return node?.properties?.[key] ?? (typeof rest === 'object' ? rest : undefined);
}
