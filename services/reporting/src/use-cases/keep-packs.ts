import { Injectable } from '@nestjs/common';
import { type dispatch, type EventOf } from '@gongdan/contracts';
import { type Tx } from '@gongdan/platform';
import { PacksStore } from '../store/packs.store.js';
import { fieldRolesOf } from '../domain/field-sight.js';
import { isZone } from '../domain/zone.js';

/**
 * Keeps of each pack version what answers need: the zone in which its organisation counts days, the attributes its tickets may have, and the fields that some roles see only. The pack is
 * read leniently and never validated: dispatch did that when it was published, and a pack that today's schema refuses must not stop the service.
 */
@Injectable()
export class KeepPacks {
  constructor(private readonly store: PacksStore) {}

  async run(tx: Tx, events: readonly EventOf<typeof dispatch.PackPublished>[]): Promise<void> {
    await this.store.save(
      tx,
      events.map((e) => ({
        org: e.org,
        key: e.data.key,
        version: e.data.version,
        zone: zoneOf(e.data.pack),
        attributes: attributesOf(e.data.pack),
        fieldRoles: fieldRolesOf(e.data.pack),
        publishedAt: e.occurredAt,
      })),
    );
  }
}

function zoneOf(pack: Record<string, unknown>): string | null {
  const zone = propertyOf(propertyOf(pack, 'pack'), 'zone');
  return typeof zone === 'string' && isZone(zone) ? zone : null;
}

function attributesOf(pack: Record<string, unknown>): string[] {
  const attributes = propertyOf(propertyOf(pack, 'intake'), 'attributes');
  const keys = Array.isArray(attributes) ? attributes.map((attribute) => propertyOf(attribute, 'key')) : [];
  return keys.filter((key) => typeof key === 'string');
}

function propertyOf(value: unknown, property: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, property)
    ? (value as Record<string, unknown>)[property]
    : undefined;
}
