// Command manifests writes the files by which others install and start okta-mcp:
//
//	manifests bundle                              manifest.json of an MCP bundle, for Claude Desktop
//	manifests gemini                              gemini-extension.json, for Gemini CLI
//	manifests -repository URL registry BUNDLE…    server.json, for the MCP registry
//	manifests -platforms NAME pack PROGRAM        an MCP bundle with this program
//	manifests sbom PROGRAM                        what this program was built from, for CycloneDX
//
// It prints one file; testdata/manifests has one of each of the first three. What
// stands in them comes from the program itself, so that none says what it does not. It knows no repository but the one it is
// given: nothing may send people to a name that somebody else could take.
package main

//go:generate go test . -run TestShippedFilesSayWhatTheProgramSays -update

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole program; it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	file, err := generate(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil {
		_, err = stdout.Write(file)
	}
	if err != nil {
		fmt.Fprintln(stderr, "manifests:", err)
		return 2
	}
	return 0
}

// generate returns the file that the arguments ask for.
func generate(args []string, stderr io.Writer) ([]byte, error) {
	set := flag.NewFlagSet("manifests", flag.ContinueOnError)
	set.SetOutput(stderr)
	address := set.String("repository", "", "`URL` of the repository whose releases carry the bundles")
	platforms := set.String("platforms", strings.Join(platforms(), ","), "`platforms` that the bundle holds a program for")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	from, err := parseRepository(*address)
	if err != nil {
		return nil, err
	}
	held := strings.Split(*platforms, ",")
	if which := set.Arg(0); (which == "bundle" || which == "gemini") && set.NArg() > 1 {
		return nil, fmt.Errorf("%s takes no %q; flags come before it", which, set.Arg(1))
	}
	switch set.Arg(0) {
	case "bundle":
		return bundleOf(held, from)
	case "gemini":
		return encode(gemini())
	case "registry":
		return registryOf(from, set.Args()[1:])
	case "pack":
		return packOf(held, set.Args()[1:], from)
	case "sbom":
		return sbomOf(set.Args()[1:])
	}
	return nil, fmt.Errorf("there is no file %q to write: say bundle, gemini, registry, pack or sbom", set.Arg(0))
}

func bundleOf(held []string, from *repository) ([]byte, error) {
	for _, platform := range held {
		if !slices.Contains(platforms(), platform) {
			return nil, fmt.Errorf("-platforms: no bundle is for %q, only for %s", platform, strings.Join(platforms(), ", "))
		}
	}
	return encode(bundle(held, from))
}

func registryOf(from *repository, bundles []string) ([]byte, error) {
	if from == nil {
		return nil, errors.New("server.json tells people whom to trust: give -repository with the address of the one that is yours, for instance https://example.com/okta-mcp")
	}
	if len(bundles) == 0 {
		return nil, errors.New("server.json names bundles by their hashes: give the files that the release carries")
	}
	described, err := registry(*from, bundles)
	if err != nil {
		return nil, err
	}
	return encode(described)
}

// encode returns v as JSON that people can read too.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(v)
	return out.Bytes(), err
}
