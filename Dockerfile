# Two images from one file:
#   docker build --target tenantctl -t tenantctl:0.1.0 .   the tool; your project goes to /app, as in the last stage
#   docker build -t booking-tenantctl:0.1.0 .              with this repository's booking platform, for deploy/kubernetes/
# It runs as any user, needs no writable file system, and holds no embedded server: DATABASE_URL or DATABASE_URL_FILE.

FROM node:22-slim AS package
WORKDIR /build
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
RUN npm ci --ignore-scripts
COPY README.md LICENSE CHANGELOG.md ./
COPY bin ./bin
COPY src ./src
RUN npm pack && tar -xzf tenantctl-*.tgz

# What `npm install tenantctl` would give, at the versions of the lockfile.
FROM node:22-slim AS installation
WORKDIR /opt/tenantctl
COPY package-lock.json ./
COPY --from=package /build/package ./
RUN npm ci --ignore-scripts --omit=dev --omit=optional

FROM node:22-slim AS tenantctl
# HOME and SHELL are for a user without an entry in /etc/passwd, where Node cannot name them.
ENV NODE_ENV=production HOME=/app SHELL=/bin/sh
COPY --from=installation /opt/tenantctl /opt/tenantctl
WORKDIR /app
# A number: Kubernetes' runAsNonRoot cannot judge a name.
USER 10001:10001
# No shell and no npm in between: SIGTERM must reach node itself.
ENTRYPOINT ["node", "/opt/tenantctl/bin/run.js"]

FROM tenantctl AS booking
COPY tenantctl.config.ts ./
COPY migrations ./migrations
COPY seeds ./seeds
COPY checks ./checks
