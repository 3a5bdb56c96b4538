// SPDX-License-Identifier: Apache-2.0
//
// The commands of codec.cpp with the S2 package that nats-server uses, to compare with. As in
// nats-server each flush is a stream of its own, and nothing runs concurrently.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/klauspost/compress/s2"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func newWriter(level string) *s2.Writer {
	options := []s2.WriterOption{s2.WriterConcurrency(1)}
	switch level {
	case "uncompressed":
		options = append(options, s2.WriterUncompressed())
	case "better":
		options = append(options, s2.WriterBetterCompression())
	case "best":
		options = append(options, s2.WriterBestCompression())
	case "fast":
	default:
		must(fmt.Errorf("no level %q", level))
	}
	return s2.NewWriter(nil, options...)
}

func readBatches(path string) (batches [][]byte) {
	all, err := os.ReadFile(path)
	must(err)
	for len(all) >= 4 {
		size := binary.LittleEndian.Uint32(all)
		batches = append(batches, all[4:4+size])
		all = all[4+size:]
	}
	return batches
}

func encode(writer *s2.Writer, batches [][]byte, out *bytes.Buffer) {
	for _, batch := range batches {
		writer.Reset(out)
		_, err := writer.Write(batch)
		must(err)
		must(writer.Close())
	}
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}

func measure(pass func()) float64 {
	best, spent := 1e9, 0.0
	for i := 0; i < 3 || (spent < 0.4 && i < 1000); i++ {
		begin := cpuSeconds()
		pass()
		took := cpuSeconds() - begin
		if took < best {
			best = took
		}
		spent += took
	}
	return best
}

func bench(level, path string) {
	batches := readBatches(path)
	plain := 0
	for _, batch := range batches {
		plain += len(batch)
	}
	var out bytes.Buffer
	writer := newWriter(level)
	encoding := measure(func() {
		out.Reset()
		encode(writer, batches, &out)
	})
	reader := s2.NewReader(nil)
	space := make([]byte, 64*1024)
	decoding := measure(func() {
		reader.Reset(bytes.NewReader(out.Bytes()))
		for {
			_, err := reader.Read(space)
			if err == io.EOF {
				break
			}
			must(err)
		}
	})
	fmt.Printf("%d %d %.9f %.9f\n", plain, out.Len(), encoding, decoding)
}

func main() {
	arguments := os.Args[1:]
	switch {
	case len(arguments) == 4 && arguments[0] == "encode":
		var out bytes.Buffer
		encode(newWriter(arguments[1]), readBatches(arguments[2]), &out)
		must(os.WriteFile(arguments[3], out.Bytes(), 0o644))
	case len(arguments) == 3 && arguments[0] == "decode":
		stream, err := os.ReadFile(arguments[1])
		must(err)
		plain, err := io.ReadAll(s2.NewReader(bytes.NewReader(stream)))
		must(err)
		must(os.WriteFile(arguments[2], plain, 0o644))
	case len(arguments) == 3 && arguments[0] == "bench":
		bench(arguments[1], arguments[2])
	default:
		must(fmt.Errorf("usage: see the head of codec.cpp"))
	}
}
