# syntax=docker/dockerfile:1
# Coordinator, rollout workers, judge gateway and reward servers: the command line with what it needs, and nothing that
# builds it. From the root of the repository:
#   docker build --file charts/images/majlis.Dockerfile --tag majlis .
ARG NODE=node:20.20.2-bookworm-slim

# The package as npm would publish it: package.json says which files belong to it.
FROM ${NODE} AS package
WORKDIR /source
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npx tsc -b cli \
 && npm pack --silent --pack-destination /tmp \
 && mkdir /package \
 && tar -xzf /tmp/majlis-*.tgz -C /package --strip-components=1

# No script of a dependency runs: what is native comes built with its package.
FROM ${NODE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM ${NODE}
LABEL org.opencontainers.image.title="majlis" \
      org.opencontainers.image.description="RLAIF with a council of AI judges: coordinator, workers, gateway, rewards"
RUN groupadd --gid 10001 majlis \
 && useradd --uid 10001 --gid majlis --home-dir /tmp --no-create-home --shell /usr/sbin/nologin majlis \
 && ln -s /app/dist/cli/main.js /usr/local/bin/majlis
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=package /package ./
RUN chmod 0755 dist/cli/main.js
ENV NODE_ENV=production
# By number, so that Kubernetes can see that it is not root. Everything that is written goes to volumes and /tmp.
USER 10001:10001
ENTRYPOINT []
CMD ["majlis", "--help"]
