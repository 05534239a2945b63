import type { Revision, Workload } from '../clients/kubernetes-objects.ts';
import type { Pod } from '../clients/kubernetes-pods.ts';
import { redact } from './k8s-redact.ts';
import { templateHash } from './k8s-template.ts';

/** A decision has room for ten options of 75 characters each. */
const MOST = 10;
const LONGEST_LABEL = 75;
const DIGEST_LETTERS = 12;

/** A way back for a person to choose, as `decision` takes it. */
type RevisionOption = { readonly value: string; readonly label: string };

/** The revision of that number, or of the template that had it: a number is never given twice. */
export function revisionNumbered(revisions: readonly Revision[], number: number): Revision | undefined {
  return (
    revisions.find(({ revision }) => revision === number) ??
    revisions.find(({ former }) => former.includes(number))
  );
}

/** The newest revision with this template. */
export function revisionHashed(revisions: readonly Revision[], hash: string): Revision | undefined {
  return revisions.find(({ template }) => templateHash(template) === hash);
}

/** The revisions of a Deployment, newest first: `7 · veza/api@sha256:1a2b3c4d5e6f… · 3 h ago · current`. */
export function revisionOptions(
  workload: Workload,
  revisions: readonly Revision[],
  pods: readonly Pod[],
  now: Date,
): readonly RevisionOption[] {
  const current = revisionHashed(revisions, templateHash(workload.template));
  return revisions.slice(0, MOST).map((revision) => {
    const age = ageText(now.getTime() - revision.createdAt.getTime());
    const ends = [age, ...(revision === current ? ['current'] : [])].join(' · ');
    const room = LONGEST_LABEL - `${revision.revision} ·  · ${ends}`.length;
    const image = clipStart(imageText(revision, pods), room);
    return { value: String(revision.revision), label: `${revision.revision} · ${image} · ${ends}` };
  });
}

/** `revision 7, veza/api@sha256:1a2b3c4d5e6f…, made 3 h ago` */
export function revisionText(revision: Revision, pods: readonly Pod[], now: Date): string {
  const age = ageText(now.getTime() - revision.createdAt.getTime());
  return `revision ${revision.revision}, ${imageText(revision, pods)}, made ${age}`;
}

/** The image of the first container, with the digest of what runs where only a tag is written. */
function imageText({ template, templateHash: hash }: Revision, pods: readonly Pod[]): string {
  const [container] = template.spec?.containers ?? [];
  const [name = '', written] = redact(container?.image ?? 'no image').split('@');
  const running = pods
    .filter((pod) => pod.templateHash === hash)
    .flatMap(({ containers }) => containers)
    .find((one) => one.name === container?.name)?.digest;
  const digest = written ?? running;
  if (digest === undefined) return name;
  return `${name}@${digest.slice(0, 'sha256:'.length + DIGEST_LETTERS)}…`;
}

/** `40 s ago`, `3 h ago`: one figure. */
function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}

/** The end of a long image name tells more than its registry. */
function clipStart(text: string, most: number): string {
  return text.length <= most ? text : `…${text.slice(text.length - most + 1)}`;
}
