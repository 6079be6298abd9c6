import { Injectable } from '@nestjs/common';
import { dispatch, MAX_EVENT_BYTES } from '@gongdan/contracts';
import { type Cause, Conflict, type Instant, Invalid, Refused } from '@gongdan/kernel';
import { Outbox } from '@gongdan/messaging';
import { type Pack, packDigest, packId, parsePack } from '@gongdan/packs';
import { type Tx } from '@gongdan/platform';
import { PacksStore } from '../store/packs.store.js';

export interface PublishCommand {
  org: string;
  key: string;
  /** As it came: validated here. */
  pack: unknown;
  now: Instant;
  cause: Cause;
}

/** Puts a version of a pack in force. The same version with the same content is already so; with other content it is refused. */
@Injectable()
export class PublishPack {
  constructor(
    private readonly packs: PacksStore,
    private readonly outbox: Outbox,
  ) {}

  async run(tx: Tx, c: PublishCommand): Promise<{ pack: Pack; digest: string; created: boolean }> {
    const pack = parsePack(c.pack);
    const { key, version } = pack.pack;
    if (key !== c.key)
      throw new Invalid('dispatch/other-pack', { violations: [{ pointer: '/pack/key', detail: `is ${key}, the address says ${c.key}` }] });
    const digest = packDigest(pack);
    const newest = await this.packs.lockKey(tx, c.org, key);
    const same = await this.packs.version(tx, c.org, key, version);
    if (same?.digest === digest) return { pack, digest, created: false };
    if (same !== undefined)
      throw new Conflict(
        'dispatch/pack-version-taken',
        { details: { key, version, inForce: newest?.version } },
        'a published version never changes; raise pack.version',
      );
    if (newest !== undefined && newest.version > version)
      throw new Conflict('dispatch/pack-version-old', { details: { key, version, inForce: newest.version } });
    const event = dispatch.PackPublished.of({
      org: c.org,
      ticketId: packId(c.org, key, version),
      occurredAt: c.now,
      data: { key, version, digest, pack },
    });
    const bytes = Buffer.byteLength(JSON.stringify(event.data));
    if (bytes > MAX_EVENT_BYTES)
      throw new Refused('dispatch/pack-too-large', { details: { bytes, most: MAX_EVENT_BYTES } }, 'no other service could hear of it');
    await this.packs.add(tx, c.org, pack, digest, c.now, c.cause.actor.id);
    await this.outbox.append(tx, [event], c.cause);
    return { pack, digest, created: true };
  }
}
