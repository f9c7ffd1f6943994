# The command, built from this repository. Build context: the root of the repository.
FROM node:24-slim AS build
WORKDIR /workspace
COPY . .
RUN npm run build && npm run pnpm -- --filter peerloom deploy --legacy --prod /peerloom

FROM node:24-slim
COPY --from=build /peerloom /opt/peerloom
RUN ln -s /opt/peerloom/bin/peerloom.js /usr/local/bin/peerloom \
  && mkdir --mode=1777 /data
# Nothing has to be root, and nothing is written but below /data.
USER node
WORKDIR /data
VOLUME /data
EXPOSE 6881
# It is process 1 and hears SIGTERM itself: no shell stands in between.
ENTRYPOINT ["node", "/opt/peerloom/bin/peerloom.js"]
