# Blueshift in a container: `docker compose up` builds it and runs it beside LocalStack.
FROM rust:1-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home blueshift && install -d -o blueshift /data
COPY --from=build /source/target/release/blueshift /usr/local/bin/
USER blueshift
VOLUME /data
EXPOSE 5439
# Other machines can reach a container's port, so that it needs a password: BLUESHIFT_PASSWORD.
ENV BLUESHIFT_LISTEN=0.0.0.0:5439 BLUESHIFT_DATA=/data
ENTRYPOINT ["blueshift"]
CMD ["emulate"]
