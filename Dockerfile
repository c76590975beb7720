# One image per application:  docker build --build-arg APP=ingest --tag chip-quality-ingest:0.1.0 .
# APP is ingest, writer, query, operator (commands for topics and schema) or machines (the synthetic fab, replay, validate).

# The Node that the tests ran on (devDependencies of package.json).
FROM node:24.21.0-trixie-slim AS node
WORKDIR /app

# Packages are installed with "npm install --no-save", which takes the locked versions and leaves the lock file alone:
# "npm ci" would refuse a lock file that does not list the optional packages of every other platform.

# What npm needs to know of the workspace. The two stages below copy from here, not from the build context, so that a
# changed source leaves their layers as they are.
FROM node AS manifests
COPY package.json package-lock.json .npmrc ./
COPY apps apps
COPY libs libs
COPY tools tools
RUN find apps libs tools -type f ! -name package.json -delete && find apps libs tools -type d -empty -delete

FROM node AS workspace
COPY --from=manifests /app ./
RUN --mount=type=cache,target=/root/.npm npm install --no-save

# The same for every application: one layer that a host downloads once.
FROM node AS packages
COPY --from=manifests /app ./
RUN --mount=type=cache,target=/root/.npm npm install --no-save --omit=dev

# Nothing in the context is built, so afterwards a folder "dist" is one that this application needs.
FROM workspace AS build
ARG APP
COPY . .
RUN NX_ISOLATE_PLUGINS=false node_modules/.bin/nx run "$APP:build" --outputStyle=static
RUN mkdir image && for dist in apps/*/dist; do cp -r --parents "$dist" "${dist%dist}package.json" image || exit 1; done

FROM node AS image
ARG APP
ENV NODE_ENV=production
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/image ./
COPY tools/deploy/healthcheck.mjs LICENSE NOTICE ./
COPY tools/devstack/commands/chip.mjs /usr/local/bin/chip
WORKDIR /app/apps/$APP
# Numeric, or Kubernetes cannot tell that it is not root. Everything above belongs to root: the process writes nothing.
USER 1000:1000
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 CMD ["node", "/app/healthcheck.mjs", "ready"]
# Without a shell in between, SIGTERM reaches the process and it drains. The flags bound V8's
# heap: without them a backlog makes the process a hundred MiB larger on a large machine. The last one names files and lines
# of the source in stacks of errors.
ENTRYPOINT ["node", "--max-semi-space-size=8", "--max-old-space-size=1900", "--enable-source-maps"]
CMD ["dist/main.js"]
