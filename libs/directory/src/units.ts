import { type Coordinates, type DirectoryUnit } from './rows.js';

interface Node {
  unit: DirectoryUnit;
  parent: Node | undefined;
  children: Node[];
  /** Every unit under this one is entered after it and before its `last`: one comparison answers whether a unit is within another. */
  first: number;
  last: number;
}

export interface Near {
  unit: DirectoryUnit;
  metres: number;
}

/**
 * The tree of units. It accepts any rows: a follower may hear a unit before its parent, so a parent that is unknown, or that would close a cycle,
 * counts as none.
 */
export class Units {
  private readonly nodes = new Map<string, Node>();
  private readonly levels = new Map<string, Node[]>();
  private readonly codes = new Map<string, DirectoryUnit>();
  private readonly roots: Node[] = [];

  constructor(units: readonly DirectoryUnit[]) {
    for (const unit of [...units].sort((a, b) => (a.key < b.key ? -1 : 1)))
      this.nodes.set(unit.key, { unit, parent: undefined, children: [], first: 0, last: 0 });
    for (const node of this.nodes.values()) {
      const { level, code } = node.unit;
      if (level !== undefined) put(this.levels, level, node);
      if (code !== undefined && !this.codes.has(code)) this.codes.set(code, node.unit);
    }
    this.join();
    this.number();
  }

  get(key: string): DirectoryUnit | undefined {
    return this.nodes.get(key)?.unit;
  }

  all(): DirectoryUnit[] {
    return [...this.nodes.values()].map((n) => n.unit);
  }

  byCode(code: string): DirectoryUnit | undefined {
    return this.codes.get(code);
  }

  parentOf(key: string): DirectoryUnit | undefined {
    return this.nodes.get(key)?.parent?.unit;
  }

  /** From the parent up to the root. */
  ancestorsOf(key: string): DirectoryUnit[] {
    const found: DirectoryUnit[] = [];
    for (let node = this.nodes.get(key)?.parent; node !== undefined; node = node.parent) found.push(node.unit);
    return found;
  }

  childrenOf(key: string): DirectoryUnit[] {
    return this.nodes.get(key)?.children.map((n) => n.unit) ?? [];
  }

  /** The unit and everything under it. */
  subtreeOf(key: string): DirectoryUnit[] {
    const found: DirectoryUnit[] = [];
    const open = [this.nodes.get(key)];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      found.push(node.unit);
      for (let i = node.children.length - 1; i >= 0; i -= 1) open.push(node.children[i]);
    }
    return found;
  }

  /** A unit is within itself. */
  isWithin(key: string, ancestor: string): boolean {
    const node = this.nodes.get(key);
    const over = this.nodes.get(ancestor);
    return node !== undefined && over !== undefined && node.first >= over.first && node.first < over.last;
  }

  atLevel(level: string, under?: string): DirectoryUnit[] {
    const nodes = this.levels.get(level) ?? [];
    return nodes.filter((n) => under === undefined || this.isWithin(n.unit.key, under)).map((n) => n.unit);
  }

  /** The unit itself or the nearest one above it at the level. */
  upToLevel(key: string, level: string): DirectoryUnit | undefined {
    let node = this.nodes.get(key);
    while (node !== undefined && node.unit.level !== level) node = node.parent;
    return node?.unit;
  }

  zoneOf(key: string): string | undefined {
    let node = this.nodes.get(key);
    while (node !== undefined && node.unit.zone === undefined) node = node.parent;
    return node?.unit.zone;
  }

  nearest(from: Coordinates, under: string, level: string | undefined): Near[] {
    const units = level === undefined ? this.subtreeOf(under).slice(1) : this.atLevel(level, under);
    const near = units.flatMap((unit) => (unit.coordinates === undefined ? [] : [{ unit, metres: metres(from, unit.coordinates) }]));
    return near.sort((a, b) => a.metres - b.metres || (a.unit.key < b.unit.key ? -1 : 1));
  }

  private join(): void {
    const rooted = new Set<Node>();
    for (const node of this.nodes.values()) {
      // Walks up until a unit that is known to reach a root; a unit met again on the same walk would close a cycle and stays without a parent.
      const walk = new Set<Node>();
      for (let at = node; !rooted.has(at);) {
        walk.add(at);
        const parent = at.unit.parent === undefined ? undefined : this.nodes.get(at.unit.parent);
        if (parent === undefined || walk.has(parent)) break;
        at.parent = parent;
        at = parent;
      }
      for (const one of walk) rooted.add(one);
    }
    for (const node of this.nodes.values()) (node.parent?.children ?? this.roots).push(node);
  }

  private number(): void {
    let next = 0;
    const open: { node: Node; child: number }[] = [];
    const enter = (node: Node): void => {
      node.first = next++;
      open.push({ node, child: 0 });
    };
    // A loop and not a recursion: a chain of 100,000 units would exceed the stack.
    for (const root of this.roots) {
      enter(root);
      for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
        const child = top.node.children[top.child++];
        if (child !== undefined) enter(child);
        else {
          top.node.last = next;
          open.pop();
        }
      }
    }
  }
}

export function put<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

const EARTH_METRES = 6_371_008.8;

/** Length of the shortest way over a sphere: within half a percent of the ellipsoid, which is enough to compare sites. */
export function metres(a: Coordinates, b: Coordinates): number {
  const rad = Math.PI / 180;
  const half = (degrees: number): number => Math.sin((degrees * rad) / 2) ** 2;
  const h = half(b.latitude - a.latitude) + Math.cos(a.latitude * rad) * Math.cos(b.latitude * rad) * half(b.longitude - a.longitude);
  return 2 * EARTH_METRES * Math.asin(Math.min(1, Math.sqrt(h)));
}
