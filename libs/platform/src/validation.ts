import { Readable } from 'node:stream';
import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { Invalid } from '@gongdan/kernel';
import { type z } from 'zod';
import { violationsOf } from './http-errors.js';

const ROOT: Record<string, string> = { body: '', query: '?', param: 'path:', custom: '' };

/** Validates what `@Body({ schema })`, `@Query({ schema })` and `@Param(name, { schema })` declare; all mistakes at once, with pointers. */
@Injectable()
export class SchemaPipe implements PipeTransform {
  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    const schema = metadata.schema as z.ZodType | undefined;
    if (schema === undefined) return value;
    // A file sent to a door that wants JSON: its parser handed on a stream, whose insides are no input to talk about.
    if (value instanceof Readable)
      throw Object.assign(new Error('JSON is wanted here'), { statusCode: 415, code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE' });
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const root = metadata.type === 'body' ? '' : `${ROOT[metadata.type] ?? ''}${metadata.data ?? ''}`;
    const violations = violationsOf(parsed.error, root).map((v) =>
      metadata.type === 'query' ? { ...v, pointer: v.pointer.replace('?/', '?') } : v,
    );
    throw new Invalid('platform/invalid-input', { violations, cause: parsed.error }, 'the input does not fit its schema');
  }
}
