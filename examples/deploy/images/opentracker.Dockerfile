# Debian's opentracker, which serves the torrents in /etc/opentracker/whitelist only: an infohash a line.
FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends opentracker \
  && rm -rf /var/lib/apt/lists/* \
  && printf 'access.whitelist /etc/opentracker/whitelist\n' > /etc/opentracker.conf
USER nobody
EXPOSE 6969/tcp 6969/udp
# It handles no SIGTERM, which as process 1 it would stay through until it is killed.
STOPSIGNAL SIGINT
ENTRYPOINT ["opentracker", "-p", "6969", "-P", "6969", "-f", "/etc/opentracker.conf"]
