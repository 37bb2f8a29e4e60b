# The edge before the lines; what starts here is what `make edge` starts.
FROM debian:12-slim
WORKDIR /opt/ivr
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends kamailio \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o kamailio -g kamailio /var/lib/edge
COPY scripts/edge.sh scripts/
COPY config/kamailio/ config/kamailio/
USER kamailio
VOLUME /var/lib/edge
EXPOSE 5060/udp
CMD ["scripts/edge.sh", "run"]
