# dr-bot runs from its sources: Node strips the types, so there is no build step. Only what runs is in the image.
#   docker build -t dr-bot . && docker run --rm dr-bot dr --help
FROM node:24-bookworm-slim

# psql and pg_restore must be as new as the newest server they restore for, so they come from PostgreSQL's own packages.
ARG POSTGRES_CLIENT=18
ADD --checksum=sha256:0144068502a1eddd2a0280ede10ef607d1ec592ce819940991203941564e8e76 \
    https://www.postgresql.org/media/keys/ACCC4CF8.asc /usr/share/keyrings/postgresql.asc
# tini: a killed pg_restore leaves workers behind, which somebody must reap. openssh-client: votes from a terminal are signed.
RUN chmod 644 /usr/share/keyrings/postgresql.asc \
 && apt-get update && apt-get install -y --no-install-recommends ca-certificates \
 && echo "deb [signed-by=/usr/share/keyrings/postgresql.asc] https://apt.postgresql.org/pub/repos/apt bookworm-pgdg main" \
    > /etc/apt/sources.list.d/postgresql.list \
 && apt-get update && apt-get install -y --no-install-recommends \
    openssh-client "postgresql-client-${POSTGRES_CLIENT}" tini \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Neither the pinned Node (the image has one) nor any other install script is needed.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY src/ src/
COPY commands/ commands/
COPY templates/ templates/
COPY manifest.yml ./
RUN chmod 755 src/cli.ts && ln -s /app/src/cli.ts /usr/local/bin/dr \
 && install -d -o node -g node -m 700 /var/tmp/dr-bot /var/cache/dr-bot

ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/var/cache/dr-bot \
    DR_CONFIG=/etc/dr-bot \
    DR_PG_BIN=/usr/lib/postgresql/${POSTGRES_CLIENT}/bin
# The bot refuses client programs with known holes (src/clients/programs.ts); an image that has them is not built at all.
RUN ["node", "--input-type=module", "-e", "import { createPrograms } from '/app/src/clients/programs.ts'; await createPrograms({}).requireSafe({ signal: AbortSignal.timeout(10_000) });"]

# By number, so that Kubernetes can see that it is not root.
USER 1000:1000
# Compiled once, for this user: the bot and `dr` start in two thirds of the time. The bot ends at once, it has no settings yet.
RUN dr --help > /dev/null && ! node --max-semi-space-size=8 src/main.ts 2> /dev/null
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.DR_HTTP_PORT ?? 8080}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--"]
# As npm start does: a bot that mostly waits needs no more room for new objects, and holds 25 MB less.
CMD ["node", "--max-semi-space-size=8", "src/main.ts"]
