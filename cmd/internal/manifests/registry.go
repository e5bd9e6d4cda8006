package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"okta-mcp/cmd/internal/version"
)

// entry is server.json for the MCP registry.
type entry struct {
	Schema      string      `json:"$schema"`
	Name        string      `json:"name"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Version     string      `json:"version"`
	WebsiteURL  string      `json:"websiteUrl"`
	Repository  source      `json:"repository"`
	Packages    []published `json:"packages"`
}

type source struct {
	URL    string `json:"url"`
	Source string `json:"source"`
}

// published is one bundle of a release. Who takes it compares its hash.
type published struct {
	RegistryType string     `json:"registryType"`
	Identifier   string     `json:"identifier"`
	Version      string     `json:"version"`
	SHA256       string     `json:"fileSha256"`
	Transport    transport  `json:"transport"`
	Variables    []variable `json:"environmentVariables"`
}

type transport struct {
	Type string `json:"type"`
}

type variable struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Format      string `json:"format"`
	Required    bool   `json:"isRequired"`
	Secret      bool   `json:"isSecret"`
	Default     string `json:"default,omitempty"`
}

const registrySchema = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"

// registry describes a release with these bundles.
func registry(from repository, bundles []string) (entry, error) {
	e := entry{
		Schema: registrySchema, Name: from.namespace() + "/" + name, Title: title, Description: summary, Version: version.Number,
		WebsiteURL: from.String(), Repository: source{URL: from.String(), Source: from.hosting()},
	}
	for _, file := range bundles {
		content, err := os.ReadFile(file)
		if err != nil {
			return entry{}, fmt.Errorf("reading a bundle: %w", err)
		}
		sum := sha256.Sum256(content)
		e.Packages = append(e.Packages, published{
			RegistryType: "mcpb", Identifier: from.release(filepath.Base(file)), Version: version.Number,
			SHA256: hex.EncodeToString(sum[:]), Transport: transport{"stdio"}, Variables: variables(),
		})
	}
	return e, nil
}

func variables() []variable {
	formats := map[string]string{text: "string", path: "filepath", toggle: "boolean"}
	var all []variable
	for _, in := range inputs() {
		standard := ""
		if in.standard != nil {
			standard = fmt.Sprint(in.standard)
		}
		all = append(all, variable{in.variable, in.description, formats[in.kind], in.required, in.secret, standard})
	}
	return all
}

// repository is where the sources are and the releases come from.
type repository struct{ url.URL }

// parseRepository returns nil for no address: then nothing is said of one.
func parseRepository(address string) (*repository, error) {
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(strings.TrimSuffix(strings.TrimSuffix(address, "/"), ".git"))
	if err != nil {
		return nil, fmt.Errorf("-repository: %w", err)
	}
	if u.Scheme != "https" || u.Hostname() == "" || u.Port() != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(u.Path) < 2 {
		return nil, errors.New("-repository: not the plain address of a repository; a right one looks like https://example.com/okta-mcp")
	}
	return &repository{*u}, nil
}

// namespace is what the registry lets the owner of the repository publish under:
// GitHub's name for them, or the name of their own host, its end first.
func (r repository) namespace() string {
	if r.Host == "github.com" {
		owner, _, _ := strings.Cut(strings.TrimPrefix(r.Path, "/"), "/")
		return "io.github." + owner
	}
	labels := strings.Split(r.Host, ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".")
}

// hosting is the registry's name for who hosts the repository.
func (r repository) hosting() string {
	switch r.Host {
	case "github.com":
		return "github"
	case "gitlab.com":
		return "gitlab"
	}
	return r.Host
}

// release is the address of a file of this version's release.
func (r repository) release(file string) string {
	return r.JoinPath("releases", "download", "v"+version.Number, file).String()
}
