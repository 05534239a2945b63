/**
 * `inc-2026-014-janua-sign-in-fails`: lower case, digits and "-", at most 80 characters, whole words where possible
 * (Slack's rules; anything else is refused by conversations.create).
 */
export function channelName(incident: string, system: string, title: string): string {
  const words = `${incident} ${system} ${title}`
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (words.length <= 50) return words;
  const cut = words.slice(0, 50);
  return cut.slice(0, Math.max(cut.lastIndexOf('-'), incident.length + system.length + 1)).replace(/-+$/, '');
}
