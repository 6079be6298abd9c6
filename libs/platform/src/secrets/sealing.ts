import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomFillSync } from 'node:crypto';
import { Invalid } from '@gongdan/kernel';

/**
 * Seals personal data at rest and on the bus (AES-256-GCM, docs/adr/0011). `aad` binds a text to its place (organisation, ticket): a token
 * that is moved elsewhere cannot be opened. A token is `v1.<iv>.<ciphertext+tag>`, in base64url.
 */
export class Sealer {
  private readonly key: Buffer;
  private readonly indexKey: Buffer;
  private readonly pool = Buffer.alloc(12 * 128);
  private drawn = this.pool.length;

  constructor(base64Key: string) {
    const root = Buffer.from(base64Key, 'base64');
    this.key = Buffer.from(hkdfSync('sha256', root, '', 'gongdan seal v1', 32));
    this.indexKey = Buffer.from(hkdfSync('sha256', root, '', 'gongdan index v1', 32));
  }

  seal(text: string, aad: string): string {
    const iv = this.freshIv();
    const cipher = createCipheriv('aes-256-gcm', this.key, iv).setAAD(Buffer.from(aad));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `v1.${iv.toString('base64url')}.${sealed.toString('base64url')}`;
  }

  // Draws random bytes for 128 tokens at a time: a system call per ticket cost as much as the cipher.
  private freshIv(): Buffer {
    if (this.drawn === this.pool.length) {
      randomFillSync(this.pool);
      this.drawn = 0;
    }
    this.drawn += 12;
    return Buffer.from(this.pool.subarray(this.drawn - 12, this.drawn));
  }

  /** Returns the sealed text. Throws Invalid (`platform/not-sealed`) when the token was changed, moved, or sealed with another key. */
  open(token: string, aad: string): string {
    const [version, iv, body] = token.split('.');
    const bytes = Buffer.from(body ?? '', 'base64url');
    if (version !== 'v1' || !iv || bytes.length < 16) throw new Invalid('platform/not-sealed');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.key, Buffer.from(iv, 'base64url'))
        .setAAD(Buffer.from(aad))
        .setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new Invalid('platform/not-sealed', { cause });
    }
  }

  /** Returns a keyed hash, by which equal sealed texts can be found; each `scope` has other values. */
  blindIndex(text: string, scope: string): string {
    return createHmac('sha256', this.indexKey).update(`${scope}\u0000${text}`).digest('base64url');
  }
}
