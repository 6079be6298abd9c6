import { ROLES } from '@gongdan/packs';
import { z } from 'zod';

const instant = z.iso.datetime({ precision: 3 });

/** A pack as one object of nine parts (`libs/packs/src/pack.ts`). It is checked by `CheckPack`, whose messages are better than those of a schema. */
export const PackBody = z.record(z.string(), z.unknown()).meta({ id: 'PackBody' });

export const VersionQuery = z.strictObject({ version: z.coerce.number().int().positive().max(2_147_483_647).optional() });
const names = z.object({ 'zh-CN': z.string(), en: z.string() });
const PackLine = z
  .object({
    key: z.string(),
    version: z.number(),
    digest: z.string().meta({ description: 'SHA-256 (hex) of the pack with sorted keys' }),
    readable: z.boolean().meta({ description: 'False: this release cannot read the pack, and its tickets wait' }),
    names: names.optional(),
    about: names.optional(),
    publishedAt: instant,
    publishedBy: z.string(),
  })
  .meta({ id: 'PackLine' });
export type PackLine = z.infer<typeof PackLine>;
export const PacksAnswer = z.object({ items: z.array(PackLine) }).meta({ id: 'Packs' });
export const PackAnswer = z
  .object({
    key: z.string(),
    version: z.number(),
    digest: z.string(),
    publishedAt: instant,
    publishedBy: z.string(),
    pack: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Pack' });
export const PublishedAnswer = z.object({ key: z.string(), version: z.number(), digest: z.string() }).meta({ id: 'PublishedPack' });
export const UnitsAnswer = z
  .object({
    items: z.array(
      z.object({
        key: z.string(),
        pack: z.string(),
        names,
        code: z.string().optional(),
        parent: z.string().optional(),
        email: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Units' });
export const PeopleAnswer = z
  .object({ items: z.array(z.object({ id: z.string(), name: z.string(), units: z.array(z.string()), roles: z.array(z.enum(ROLES)) })) })
  .meta({ id: 'People' });
