# syntax=docker/dockerfile:1
# The same file builds for amd64 and arm64; nothing in it is compiled.

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts: the base image brings Node, and no other dependency needs one.
RUN npm ci --omit=dev --workspaces=false --ignore-scripts && npm cache clean --force

FROM node:24-slim
# One arena, large blocks mapped by themselves: glibc would otherwise keep what each thread of libuv
# and of V8's compiler once needed.
ENV NODE_ENV=production \
    DATA_DIR=/data \
    OPS_PORT=9464 \
    MALLOC_ARENA_MAX=1 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    MALLOC_TRIM_THRESHOLD_=131072
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY commands ./commands
COPY src ./src
# Compiles the code once, so that no start has to: without settings the program loads all of itself,
# says what is missing and ends with 78. Made by the user whose id the cache is kept for, and then
# root's, so that the bot cannot change the code that it will run.
RUN cache=node_modules/.cache/darkroom \
    && install --directory --owner=node --group=node "$cache" \
    && { setpriv --reuid=node --regid=node --clear-groups node src/start.js 2> /dev/null || [ $? -eq 78 ]; } \
    && chown --recursive root:root "$cache" \
    && chmod --recursive u=rwX,go=rX "$cache"
# A new volume takes its owner from here, so that the bot may write without being root.
RUN install --directory --owner=node --group=node --mode=700 /data
VOLUME /data
USER node
STOPSIGNAL SIGTERM
# Whether the process is alive and means to stay; /readyz says whether it can serve, which a
# restart would not fix.
# Without a port there is nobody to ask, and that is no fault.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["node", "-e", "process.env.OPS_PORT || process.exit(0); fetch(`http://127.0.0.1:${process.env.OPS_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is the first process, so that signals reach it. Tools take the place of the bot:
# docker compose run --rm darkroom src/operator/doctor.ts
ENTRYPOINT ["node"]
CMD ["--max-semi-space-size=4", "--heap-growing-percent=30", "--initial-old-space-size=32", "src/start.js"]
