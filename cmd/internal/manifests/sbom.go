package main

import (
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"okta-mcp/cmd/internal/version"
)

// inventory is a bill of materials: https://cyclonedx.org/docs/1.6/json/
type inventory struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"` // of this file, not of what it describes
	About      subject     `json:"metadata"`
	Components []component `json:"components"`
}

type subject struct {
	Component component `json:"component"`
}

type component struct {
	Ref      string    `json:"bom-ref"`
	Type     string    `json:"type"`
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	URL      string    `json:"purl,omitempty"`
	Hashes   []hash    `json:"hashes,omitempty"`
	Licenses []licence `json:"licenses,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type licence struct {
	License struct {
		ID string `json:"id"`
	} `json:"license"`
}

// sbomOf says what a program was built from, by what the linker wrote into it: the
// modules that are in it, and no others, and the Go that built it.
func sbomOf(programs []string) ([]byte, error) {
	if len(programs) != 1 {
		return nil, errors.New("sbom takes one program")
	}
	content, err := os.ReadFile(programs[0])
	if err != nil {
		return nil, fmt.Errorf("reading the program: %w", err)
	}
	info, err := buildinfo.ReadFile(programs[0])
	if err != nil {
		return nil, fmt.Errorf("reading what the program was built from: %w", err)
	}
	sum := sha256.Sum256(content)
	whole := component{
		Ref: name, Type: "application", Name: name, Version: version.Of(info).String(),
		Hashes: []hash{{"SHA-256", hex.EncodeToString(sum[:])}}, Licenses: make([]licence, 1),
	}
	whole.Licenses[0].License.ID = license
	parts := []component{library("std", strings.TrimPrefix(info.GoVersion, "go"))}
	for _, module := range info.Deps {
		module = cmp.Or(module.Replace, module)
		parts = append(parts, library(module.Path, module.Version))
	}
	return encode(inventory{Format: "CycloneDX", Spec: "1.6", Version: 1, About: subject{whole}, Components: parts})
}

// library is a Go module, by the name that those who list weaknesses know it by.
func library(path, version string) component {
	url := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	return component{Ref: url, Type: "library", Name: path, Version: version, URL: url}
}
