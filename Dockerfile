# Blueshift in a container: `docker compose up` builds it and runs it beside LocalStack.
FROM rust:1-slim-bookworm AS build
WORKDIR /source
COPY . .
# With the image's own toolchain: rust-toolchain.toml would have another one fetched, with tools that nothing here needs.
RUN RUSTUP_TOOLCHAIN=$RUST_VERSION cargo build --release --locked --package blueshift

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home blueshift && install -d -o blueshift /data
COPY --from=build /source/target/release/blueshift /usr/local/bin/
USER blueshift
VOLUME /data
EXPOSE 5439
# Other machines can reach a container's port, so that it needs a password: BLUESHIFT_PASSWORD.
ENV BLUESHIFT_LISTEN=0.0.0.0:5439 BLUESHIFT_DATA=/data
# It answers as soon as tables can be queried.
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/5439"]
ENTRYPOINT ["blueshift"]
CMD ["emulate"]
