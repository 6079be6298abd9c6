# One image per service: docker build --build-arg SERVICE=intake -t gongdan/intake .
ARG NODE_IMAGE=node:24-bookworm-slim
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json tsconfig.base.json tsconfig.json ./
COPY libs libs
COPY services services
COPY deploy deploy
COPY tools tools
RUN npm ci --ignore-scripts --no-audit --no-fund
ARG SERVICE
# The stage holds production dependencies of this service alone: no test tools, no compiled specs.
RUN npx tsc -b services/${SERVICE} && node tools/stage-image.mjs ${SERVICE} /stage

FROM ${NODE_IMAGE}
ARG SERVICE
ENV NODE_ENV=production SERVICE=${SERVICE} HOST=0.0.0.0 PORT=8080 NODE_OPTIONS=--max-semi-space-size=12 \
    NODE_COMPILE_CACHE=/tmp/node-compile-cache
WORKDIR /app
COPY --from=build /stage ./
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# exec: SIGTERM must reach the service, which drains.
CMD ["sh", "-c", "exec node services/$SERVICE/dist/src/main.js"]
