/** Stands for `src/slack/commands.ts` where only the acknowledgement is measured. */
export async function handleCommand(): Promise<void> {}
