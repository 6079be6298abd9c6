import { Readable } from 'node:stream';
import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { Invalid } from '@gongdan/kernel';
import { type z } from 'zod';
import { MOST_VIOLATIONS, violationsOf } from './pointers.js';

const MOST_PARAMETERS = 100;

const ROOT: Record<string, string> = { body: '', query: '?', param: 'path:', custom: '' };

/**
 * Validates what `@Body({ schema })`, `@Query({ schema })` and `@Param(name, { schema })` declare.
 * @throws Invalid with a pointer to each violation, 50 at most.
 */
@Injectable()
export class SchemaPipe implements PipeTransform {
  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    const schema = metadata.schema as z.ZodType | undefined;
    if (schema === undefined) return value;
    // A file was sent to a route that takes JSON, and its parser passed a stream on.
    if (value instanceof Readable)
      throw Object.assign(new Error('this route takes JSON'), { statusCode: 415, code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE' });
    if (metadata.type === 'query' && value !== null && typeof value === 'object' && Object.keys(value).length > MOST_PARAMETERS)
      throw new Invalid('platform/invalid-input', {}, `a query may have ${MOST_PARAMETERS} parameters`);
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const root = metadata.type === 'body' ? '' : `${ROOT[metadata.type] ?? ''}${metadata.data ?? ''}`;
    const violations = violationsOf(parsed.error, root).map((v) =>
      metadata.type === 'query' ? { ...v, pointer: v.pointer.replace('?/', '?') } : v,
    );
    const detail = `the input does not fit its schema${violations.length < MOST_VIOLATIONS ? '' : `; the first ${MOST_VIOLATIONS} violations are listed`}`;
    throw new Invalid('platform/invalid-input', { violations, cause: parsed.error }, detail);
  }
}
