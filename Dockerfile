# okta-mcp for a network, as one static binary without a shell beside it:
#
#   docker build -t okta-mcp .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges --stop-timeout 40 -p 8443:8443 \
#     -v ./config.yaml:/etc/okta-mcp/config.yaml:ro -v ./tls:/tls:ro -v ./key.pem:/key.pem:ro \
#     -e OKTA_ORG_URL -e OKTA_CLIENT_ID -e OKTA_PRIVATE_KEY_FILE=/key.pem okta-mcp \
#     --listen 0.0.0.0:8443 --public-url https://mcp.example.com/mcp --tls-cert /tls/tls.crt --tls-key /tls/tls.key \
#     --auth oauth --oauth-issuer https://acme.okta.com/oauth2/default
#
# Run one of it: what a person has agreed to, and was asked, is known to one process.
# The user 65532 has to be able to read what is mounted, and a token file has to be its
# own, with mode 0600. A record (--audit-file) takes a volume that it may write to.
# Nothing in the image could ask after its health: have /healthz and /readyz asked.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /okta-mcp ./cmd/okta-mcp

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /okta-mcp /okta-mcp
# Where config.yaml is looked for: /etc/okta-mcp.
ENV XDG_CONFIG_HOME=/etc
EXPOSE 8443
ENTRYPOINT ["/okta-mcp", "serve", "--transport", "http"]
