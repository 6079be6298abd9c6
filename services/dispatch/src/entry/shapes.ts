import { z } from 'zod';

const instant = z.iso.datetime({ precision: 3 });

/** A pack as one object of nine parts (`libs/packs/src/format1/pack.ts`). It is checked by `CheckPack`, whose messages are better than those of a schema. */
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
export const PacksAnswer = z.object({ items: z.array(PackLine) }).meta({
  id: 'Packs',
  examples: [
    {
      items: [
        {
          key: 'starter',
          version: 3,
          digest: '9f2c4ab1d0e7735f8a0c6be1f4d2a9137c5e80b4d6f1a2938475610fedcba987',
          readable: true,
          names: { 'zh-CN': '入门：投诉受理台', en: 'Starter: a complaint desk' },
          about: { 'zh-CN': '小型投诉受理台', en: 'A small complaint desk' },
          publishedAt: '2026-03-02T09:00:00.000Z',
          publishedBy: 'root',
        },
      ],
    },
  ],
});
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
const Missing = z.array(
  z.object({ key: z.string(), pointer: z.string().meta({ description: 'JSON pointer of the first place of the pack that needs it' }) }),
);
export const PublishedAnswer = z
  .object({
    key: z.string(),
    version: z.number(),
    digest: z.string(),
    missing: z
      .object({
        roles: Missing.meta({ description: 'Roles that nobody holds in the directory' }),
        units: Missing.meta({ description: 'Units that the directory does not have, or that are closed without a successor' }),
      })
      .meta({ description: 'A warning: tasks of these wait until somebody is there' }),
  })
  .meta({
    id: 'PublishedPack',
    examples: [
      {
        key: 'starter',
        version: 3,
        digest: '9f2c4ab1d0e7735f8a0c6be1f4d2a9137c5e80b4d6f1a2938475610fedcba987',
        missing: { roles: [{ key: 'duty-manager', pointer: '/process/start/0' }], units: [] },
      },
    ],
  });
export const UnitsAnswer = z
  .object({
    items: z.array(
      z.object({
        key: z.string(),
        names,
        level: z.string().optional(),
        code: z.string().optional(),
        parent: z.string().optional(),
        email: z.string().optional(),
      }),
    ),
  })
  .meta({
    id: 'Units',
    examples: [
      {
        items: [
          {
            key: 'network',
            names: { 'zh-CN': '网络运维部', en: 'Network' },
            code: 'NW',
            email: 'network@starter.example',
          },
        ],
      },
    ],
  });
export const PeopleAnswer = z
  .object({ items: z.array(z.object({ id: z.string(), name: z.string(), units: z.array(z.string()), roles: z.array(z.string()) })) })
  .meta({ id: 'People', examples: [{ items: [{ id: 'li', name: '李强', units: ['network'], roles: ['handler'] }] }] });
