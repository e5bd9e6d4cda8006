# The image of Dockerfile, with the program of the release in place of one built anew.
FROM gcr.io/distroless/static-debian12:nonroot
ARG TARGETPLATFORM
COPY $TARGETPLATFORM/okta-mcp /okta-mcp
ENV XDG_CONFIG_HOME=/etc
EXPOSE 8443
ENTRYPOINT ["/okta-mcp", "serve", "--transport", "http"]
