// SPDX-License-Identifier: Apache-2.0
//
// Curve keys ("X...", seeds "SX..."), which the JWT tools' key library has only since 0.4, while
// Debian 12 has 0.3: its text form, and the NaCl box of Go's own cryptography around the data.
package main

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/nacl/box"
)

const (
	curvePublic = 23 << 3
	curveSeed0  = 18<<3 | curvePublic>>5
	curveSeed1  = (curvePublic & 31) << 3
	boxVersion  = "xkv1"
)

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// checksum is CRC-16/XMODEM.
func checksum(data []byte) (crc uint16) {
	for _, b := range data {
		crc ^= uint16(b) << 8
		for bit := 0; bit < 8; bit++ {
			carry := crc & 0x8000
			crc <<= 1
			if carry != 0 {
				crc ^= 0x1021
			}
		}
	}
	return crc
}

func encodeKey(prefix []byte, key []byte) string {
	raw := append(append([]byte{}, prefix...), key...)
	return base32Text.EncodeToString(binary.LittleEndian.AppendUint16(raw, checksum(raw)))
}

func decodeKey(prefix []byte, text string) (key [32]byte, err error) {
	raw, err := base32Text.DecodeString(text)
	if err != nil {
		return key, err
	}
	end := len(prefix) + len(key)
	if len(raw) != end+2 || string(raw[:len(prefix)]) != string(prefix) ||
		binary.LittleEndian.Uint16(raw[end:]) != checksum(raw[:end]) {
		return key, errors.New("no curve key")
	}
	copy(key[:], raw[len(prefix):])
	return key, nil
}

func newCurveKey(seed string) (result, error) {
	var secret, public [32]byte
	var err error
	if seed != "" {
		secret, err = decodeKey([]byte{curveSeed0, curveSeed1}, seed)
	} else {
		_, err = rand.Read(secret[:])
	}
	if err != nil {
		return nil, err
	}
	curve25519.ScalarBaseMult(&public, &secret)
	return result{
		"public": encodeKey([]byte{curvePublic}, public[:]),
		"seed":   encodeKey([]byte{curveSeed0, curveSeed1}, secret[:]),
	}, nil
}

// box seals for s.Recipient or opens what s.Sender sealed; s.Key is whose seed is used.
func (m *maker) box(s step) (result, error) {
	seed, _ := m.results[s.Key]["seed"].(string)
	secret, err := decodeKey([]byte{curveSeed0, curveSeed1}, seed)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", s.Key, err)
	}
	other := s.Recipient + s.Sender
	if known, found := m.results[other]; found {
		other, _ = known["public"].(string)
	}
	public, err := decodeKey([]byte{curvePublic}, other)
	if err != nil {
		return nil, err
	}
	data, err := s.bytes()
	if err != nil {
		return nil, err
	}
	if s.Op == "seal" {
		var nonce [24]byte
		if _, err := rand.Read(nonce[:]); err != nil {
			return nil, err
		}
		sealed := append([]byte(boxVersion), nonce[:]...)
		sealed = box.Seal(sealed, data, &nonce, &public, &secret)
		return result{"data_base64": base64.StdEncoding.EncodeToString(sealed)}, nil
	}
	if len(data) < 28 || string(data[:4]) != boxVersion {
		return result{"refused": "no sealed box"}, nil
	}
	nonce := *(*[24]byte)(data[4:28])
	opened, ok := box.Open(nil, data[28:], &nonce, &public, &secret)
	if !ok {
		return result{"refused": "does not open"}, nil
	}
	return result{"data_base64": base64.StdEncoding.EncodeToString(opened)}, nil
}
