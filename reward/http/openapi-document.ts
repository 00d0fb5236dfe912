import { z } from 'zod';
import { PROBLEM_TYPE } from '../../core/http/problem-document.js';
import { majlisVersion } from '../../core/runtime/majlis-version.js';
import { problemSchema } from './failure-reply.js';
import type { HttpContract } from './http-contract.js';
import { TARGET_PARAMETERS } from './request-target.js';
import { tokenIds } from './score-schema.js';

/** The OpenAPI 3.1 document of the contracts, made of the schemas that requests are checked by. */
export function openApiDocument(contracts: readonly HttpContract[]): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Majlis rewards', version: majlisVersion() },
    paths: Object.fromEntries<object>(contracts.map((one) => [one.path, { post: operationOf(one) }])),
    security: [{ bearer: [] }, { basic: [] }, { certificate: [] }, {}],
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic', description: 'The password is the token.' },
        certificate: { type: 'mutualTLS' },
      },
    },
  };
}

function operationOf({ name, summary, schemas }: HttpContract): object {
  const failure = 'A failure; one with Retry-After may be tried again';
  return {
    ...{ operationId: name, summary, parameters: TARGET_PARAMETERS },
    requestBody: { required: true, content: contentOf('application/json', schemas.request, 'input') },
    responses: {
      200: { description: 'Rewards', content: contentOf('application/json', schemas.reply, 'output') },
      default: { description: failure, content: contentOf(PROBLEM_TYPE, problemSchema, 'output') },
    },
  };
}

function contentOf(mediaType: string, schema: z.ZodType, io: 'input' | 'output'): object {
  return { [mediaType]: { schema: schemaOf(schema, io) } };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  return z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: (context) => {
      if (context.zodSchema !== tokenIds) return;
      Object.assign(context.jsonSchema, { type: 'array', items: { type: 'integer', minimum: 0 } });
    },
  });
}
