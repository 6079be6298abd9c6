import { hash } from 'node:crypto';

/*
 * One Ed25519 verification costs 60 µs, as much as half of the consumer's work on an event; a hash costs 1 µs. So a producer signs the root
 * of a small hash tree over up to GROUP messages, and each message carries the hashes from its leaf to that root (docs/adr/0022).
 */

/** 16 messages share a signature: four hashes of path in each, and a sixteenth of a verification. */
export const GROUP = 16;
const HASH_BYTES = 32;
/** Longer paths than a group needs are refused before anything is hashed. */
const MAX_PATH_BYTES = HASH_BYTES * 10;

const sha256 = (...parts: Buffer[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer');

// Different first bytes for leaves and nodes: otherwise the two hashes of a node could be presented as a message.
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

export const leafOf = (signed: Buffer): Buffer => sha256(LEAF, signed);

/** The smaller hash comes first, so that a path needs no left and right. */
const nodeOf = (a: Buffer, b: Buffer): Buffer => (Buffer.compare(a, b) <= 0 ? sha256(NODE, a, b) : sha256(NODE, b, a));

/** Root of the tree, and for each leaf the siblings on its way up. A node without a sibling moves up as it is. */
export function treeOf(leaves: readonly Buffer[]): { root: Buffer; paths: Buffer[] } {
  const siblings = leaves.map((): Buffer[] => []);
  let level = [...leaves];
  for (let height = 0; level.length > 1; height++) {
    leaves.forEach((_, i) => {
      const sibling = level[(i >> height) ^ 1];
      if (sibling) siblings[i]?.push(sibling);
    });
    level = level.flatMap((left, i) => (i % 2 === 1 ? [] : [level[i + 1] === undefined ? left : nodeOf(left, level[i + 1] as Buffer)]));
  }
  return { root: level[0] as Buffer, paths: siblings.map((s) => Buffer.concat(s)) };
}

/** The root a leaf and its path lead to; undefined when the path is malformed. */
export function rootOf(leaf: Buffer, path: Buffer): Buffer | undefined {
  if (path.length % HASH_BYTES !== 0 || path.length > MAX_PATH_BYTES) return undefined;
  let node = leaf;
  for (let at = 0; at < path.length; at += HASH_BYTES) node = nodeOf(node, path.subarray(at, at + HASH_BYTES));
  return node;
}
