/** The closest known word within two edits or with three first letters in common. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, edits: editsBetween(word, candidate, 2) }))
    .sort((a, b) => a.edits - b.edits);
  if (best !== undefined && best.edits <= 2) return best.candidate;
  return word.length >= 3 ? known.find((candidate) => candidate.startsWith(word.slice(0, 3))) : undefined;
}

/** Letters to add, drop or change; more than `most` need not be counted and give a larger number. */
function editsBetween(a: string, b: string, most: number): number {
  if (a === '' || b === '') return a.length + b.length;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return editsBetween(restA, restB, most);
  if (most === 0) return 1;
  const tries = [
    editsBetween(restA, b, most - 1),
    editsBetween(a, restB, most - 1),
    editsBetween(restA, restB, most - 1),
  ];
  return 1 + Math.min(...tries);
}
