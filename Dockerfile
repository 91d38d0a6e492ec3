# The builder and the image have the same Debian, so that the binary finds the C library it was linked with.
FROM rust:1-bookworm AS builder
WORKDIR /build
COPY . .
RUN cargo build --release --locked --bin undertone

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin undertone
COPY --from=builder /build/target/release/undertone /usr/local/bin/undertone
COPY --from=builder /build/LICENSE-MIT /build/LICENSE-APACHE /usr/share/doc/undertone/

# Mount your configuration here, with listen = "0.0.0.0:8477". Secrets and DATABASE_URL come by the environment.
# There are no Postgres server binaries in the image: without DATABASE_URL it does not start.
ENV UNDERTONE_CONFIG=/etc/undertone/undertone.toml
USER 10001
EXPOSE 8477
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["undertone", "health"]
# Finishes the work in hand on SIGTERM.
STOPSIGNAL SIGTERM
CMD ["undertone", "serve"]
