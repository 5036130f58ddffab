# A static binary in an empty image: docker build -t cliplyctl . && docker run --rm cliplyctl --version
# Alpine's own target is musl, so that nothing is linked at run time. Without certificates in the image
# https goes by Mozilla's, which are compiled in; sslrootcert=system wants a mounted /etc/ssl/certs.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache build-base
WORKDIR /src
COPY .cargo ./.cargo
COPY Cargo.toml Cargo.lock ./
COPY benches ./benches
COPY src ./src
COPY README.md RUNBOOK.md ./
RUN cargo build --release --locked --bin cliplyctl

FROM scratch
COPY --from=build /src/target/release/cliplyctl /cliplyctl
# No home, nobody's files: settings come from variables or from a mounted file (CLIPLYCTL_CONFIG).
USER 65534:65534
ENTRYPOINT ["/cliplyctl"]
