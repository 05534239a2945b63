import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CHAIN_START,
  type ChainCursor,
  type ChainFault,
  followLink,
  GENESIS,
  isFault,
  type Link,
  linkHash,
} from '../../src/domain/chain.ts';
import { check } from './seed.ts';

function chainOf(bodies: readonly Uint8Array[]): readonly Link[] {
  let cursor = CHAIN_START;
  return bodies.map((canon) => {
    const seq = cursor.seq + 1n;
    const link = { seq, prev: cursor.hash, hash: linkHash(cursor.hash, seq, canon), canon };
    cursor = { seq, hash: link.hash };
    return link;
  });
}

function walk(links: readonly Link[]): ChainCursor | ChainFault {
  let cursor = CHAIN_START;
  for (const link of links) {
    const next = followLink(cursor, link);
    if (isFault(next)) return next;
    cursor = next;
  }
  return cursor;
}

/** What a verifier says of rows beside the head that was stored apart from them. */
function holds(links: readonly Link[], head: ChainCursor): boolean {
  const end = walk(links);
  return !isFault(end) && end.seq === head.seq && end.hash === head.hash;
}

const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 12 });
const text = (value: string) => Buffer.from(value, 'utf8');

describe('the hash chain', () => {
  test('the hash covers the domain word, the hash before, the number and the content', () => {
    // printf 'drbot/audit/v1\0' + 32 zero bytes + 8 bytes big-endian 1 + '{}' | sha256sum
    expect(linkHash(GENESIS, 1n, text('{}'))).toBe(
      '17fdaae636bc6df6e6068b32a2a28e4c401f6f708cf019ec66f68670878a5be5',
    );
  });

  test('an untouched chain walks to its last link', () => {
    check(
      fc.property(bodies, (contents) => {
        const links = chainOf(contents);
        const last = links.at(-1);

        expect(walk(links)).toEqual({ seq: last?.seq, hash: last?.hash });
      }),
      { seed: 201 },
    );
  });

  test.each([
    ['a gap', { seq: 3n }, 'expected event 2, found event 3'],
    ['a link that points elsewhere', { prev: 'b'.repeat(64) }, 'does not follow the event before it'],
    [
      'other content',
      { canon: text('changed') },
      /^does not match its hash \(stored \w{4}…, computed \w{4}…\)$/,
    ],
  ])('%s is named', (_, change, reason) => {
    const [first, second] = chainOf([text('one'), text('two')]);
    if (first === undefined || second === undefined) throw new Error('two links were made');

    const fault = walk([first, { ...second, ...change }]);

    expect(fault).toEqual({ seq: 'seq' in change ? change.seq : 2n, reason: expect.stringMatching(reason) });
  });

  test('any changed byte of any column of any row is found', () => {
    const column = fc.constantFrom('seq', 'prev', 'hash', 'canon');
    check(
      fc.property(
        bodies,
        fc.nat(),
        column,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (contents, row, name, at, flip) => {
          const links = chainOf(contents);
          const head = walk(links) as ChainCursor;
          const index = row % links.length;

          const changed = links.map((link, i) =>
            i === index ? withFlippedByte(link, name, at, flip) : link,
          );

          expect(holds(changed, head)).toBe(false);
        },
      ),
      { seed: 202, runs: 1_000 },
    );
  });

  test('a removed row is found, the last one by the head', () => {
    check(
      fc.property(bodies, fc.nat(), (contents, row) => {
        const links = chainOf(contents);
        const head = walk(links) as ChainCursor;

        expect(holds(links.toSpliced(row % links.length, 1), head)).toBe(false);
      }),
      { seed: 203 },
    );
  });

  test('two swapped rows are found, renumbered or not', () => {
    const atLeastTwo = bodies.filter((contents) => contents.length > 1);
    check(
      fc.property(atLeastTwo, fc.nat(), fc.boolean(), (contents, row, renumbered) => {
        const links = chainOf(contents);
        const head = walk(links) as ChainCursor;
        const index = row % (links.length - 1);
        const [a, b] = links.slice(index, index + 2);
        if (a === undefined || b === undefined) throw new Error('there are two rows');
        const pair = renumbered
          ? [
              { ...b, seq: a.seq },
              { ...a, seq: b.seq },
            ]
          : [b, a];

        expect(holds(links.toSpliced(index, 2, ...pair), head)).toBe(false);
      }),
      { seed: 204 },
    );
  });

  test('an inserted row is found, even one whose own hash is right', () => {
    check(
      fc.property(bodies, fc.nat(), fc.uint8Array({ maxLength: 40 }), (contents, row, canon) => {
        const links = chainOf(contents);
        const head = walk(links) as ChainCursor;
        const index = row % (links.length + 1);
        const before = links[index - 1] ?? { seq: 0n, hash: GENESIS };
        const seq = before.seq + 1n;
        const forged = { seq, prev: before.hash, hash: linkHash(before.hash, seq, canon), canon };
        const after = links.slice(index).map((link) => ({ ...link, seq: link.seq + 1n }));

        expect(holds([...links.slice(0, index), forged, ...after], head)).toBe(false);
      }),
      { seed: 205 },
    );
  });
});

function withFlippedByte(
  link: Link,
  column: 'seq' | 'prev' | 'hash' | 'canon',
  at: number,
  flip: number,
): Link {
  if (column === 'seq') return { ...link, seq: link.seq ^ BigInt(flip) };
  const bytes = column === 'canon' ? Uint8Array.from(link.canon) : Buffer.from(link[column], 'hex');
  const index = at % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ flip;
  return { ...link, [column]: column === 'canon' ? bytes : Buffer.from(bytes).toString('hex') };
}
