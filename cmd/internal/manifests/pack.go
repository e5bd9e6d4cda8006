package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// packOf returns an MCP bundle, which is a ZIP archive, with a program for each of
// the platforms. The same programs give the same bytes: Anthropic's own tool, which
// checks what comes out, would write the time of packing into every entry.
func packOf(held, programs []string, from *repository) ([]byte, error) {
	if len(programs) != len(held) {
		return nil, fmt.Errorf("pack takes a program for each of -platforms: %d are named, and %d programs given", len(held), len(programs))
	}
	described, err := bundleOf(held, from)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	if err := add(archive, "manifest.json", 0o644, described); err != nil {
		return nil, err
	}
	for i, platform := range held {
		content, err := os.ReadFile(programs[i])
		if err != nil {
			return nil, fmt.Errorf("reading the program for %s: %w", platform, err)
		}
		if err := add(archive, program(platform), 0o755, content); err != nil {
			return nil, err
		}
	}
	err = archive.Close()
	return out.Bytes(), err
}

// add writes one file, of the day on which the times of ZIP begin.
func add(archive *zip.Writer, path string, mode fs.FileMode, content []byte) error {
	header := &zip.FileHeader{Name: path, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(mode)
	file, err := archive.CreateHeader(header)
	if err == nil {
		_, err = file.Write(content)
	}
	if err != nil {
		return fmt.Errorf("packing %s: %w", path, err)
	}
	return nil
}
