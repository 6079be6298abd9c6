import { Inject, Injectable } from '@nestjs/common';
import { dispatch, MAX_EVENT_BYTES } from '@gongdan/contracts';
import { type Cause, Conflict, type Instant, Invalid, Refused } from '@gongdan/kernel';
import { Outbox } from '@gongdan/messaging';
import { packId } from '@gongdan/packs';
import { CONFIG, type Tx } from '@gongdan/platform';
import { type DispatchConfig } from '../../config.js';
import { PacksStore } from '../../store/packs.store.js';
import { type CheckedPack, type PublishedPack } from './check-pack.js';

export interface PublishCommand {
  org: string;
  key: string;
  /** The pack was checked before, because a check takes too long for a transaction. */
  checked: CheckedPack;
  now: Instant;
  cause: Cause;
}

/** Puts a version of a pack in force. Publishing the same content again changes nothing; other content under the same version is refused. */
@Injectable()
export class PublishPack {
  constructor(
    private readonly packs: PacksStore,
    private readonly outbox: Outbox,
    @Inject(CONFIG) private readonly config: DispatchConfig,
  ) {}

  async run(tx: Tx, c: PublishCommand): Promise<{ pack: PublishedPack; digest: string; created: boolean }> {
    const { pack, digest } = c.checked;
    const { key, version } = pack.pack;
    if (key !== c.key)
      throw new Invalid('dispatch/other-pack', { violations: [{ pointer: '/pack/key', detail: `is ${key}, the URL names ${c.key}` }] });
    await this.packs.lock(tx, c.org);
    const newest = await this.packs.newest(tx, c.org, key);
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
      throw new Refused(
        'dispatch/pack-too-large',
        { details: { bytes, most: MAX_EVENT_BYTES } },
        'the other services could not receive it',
      );
    await this.mustFitQuota(tx, c.org, bytes);
    await this.packs.add(tx, c.org, pack, digest, c.now, c.cause.actor.id);
    await this.outbox.append(tx, [event], c.cause);
    return { pack, digest, created: true };
  }

  // No version is ever deleted, because a ticket finishes on the version it began with: without a limit one organisation could fill the disk of
  // four services.
  private async mustFitQuota(tx: Tx, org: string, bytes: number): Promise<void> {
    const { packQuotaVersions: versions, packQuotaMb } = this.config;
    const used = await this.packs.usage(tx, org);
    if (used.versions < versions && used.bytes + bytes <= packQuotaMb * 1_000_000) return;
    throw new Refused(
      'dispatch/pack-quota',
      { details: { ...used, mostVersions: versions, mostBytes: packQuotaMb * 1_000_000 } },
      'the organisation has published as many packs as it may; an operator can raise PACK_QUOTA_VERSIONS or PACK_QUOTA_MB',
    );
  }
}
