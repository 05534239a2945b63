/** Preloaded into a server that is measured (`--import`): tells its own use of the processor and of memory when asked. */
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system, rssBytes: process.memoryUsage.rss() });
});
// Whoever measures may be killed.
process.on('disconnect', () => process.exit());
// The channel alone must not keep the process.
process.channel?.unref();
