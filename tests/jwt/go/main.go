// SPDX-License-Identifier: Apache-2.0
//
// Keys, tokens and credentials files as the NATS tools make them: a list of steps on stdin, their
// results on stdout. See ../README.md. Tokens come from the JWT library that nats-server is built
// with; what that library's version does not know is added to its JSON and signed by the same keys.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// step is one entry of the input. Which fields an operation reads stands in the README.
type step struct {
	Op         string
	ID         string
	Kind       string
	Seed       string
	Key        string
	Issuer     string
	Name       string
	Subject    string
	Scoped     bool
	Claims     map[string]interface{}
	Top        map[string]interface{}
	User       string
	Payload    json.RawMessage
	Header     json.RawMessage
	Text       string
	Data       string
	DataBase64 string `json:"data_base64"`
	Signature  string
	JWT        string
	Sender     string
	Recipient  string
}

// result is what a step made; other steps name it with "@id".
type result map[string]interface{}

type maker struct {
	now     int64
	results map[string]result
}

func (m *maker) run(s step) (result, error) {
	switch s.Op {
	case "nkey":
		return m.newKey(s)
	case "operator", "account", "user", "activation", "generic":
		return m.token(s)
	case "raw":
		return m.raw(s)
	case "creds":
		return m.creds(s)
	case "sign":
		return m.sign(s)
	case "verify":
		return m.verify(s)
	case "decode":
		return decode(s)
	case "read_creds":
		return readCreds(s)
	case "seal", "open":
		return m.box(s)
	}
	return nil, fmt.Errorf("no operation %q", s.Op)
}

func (m *maker) newKey(s step) (result, error) {
	if s.Kind == "curve" {
		return newCurveKey(s.Seed)
	}
	prefixes := map[string]nkeys.PrefixByte{
		"operator": nkeys.PrefixByteOperator, "account": nkeys.PrefixByteAccount,
		"user": nkeys.PrefixByteUser, "server": nkeys.PrefixByteServer,
		"cluster": nkeys.PrefixByteCluster,
	}
	var pair nkeys.KeyPair
	var err error
	if s.Seed != "" {
		pair, err = nkeys.FromSeed([]byte(s.Seed))
	} else if prefix, known := prefixes[s.Kind]; known {
		pair, err = nkeys.CreatePair(prefix)
	} else {
		err = fmt.Errorf("no kind of key %q", s.Kind)
	}
	if err != nil {
		return nil, err
	}
	public, err := pair.PublicKey()
	if err != nil {
		return nil, err
	}
	seed, err := pair.Seed()
	return result{"public": public, "seed": string(seed)}, err
}

// claimsOf is an empty token of a kind, and its "nats" part.
func claimsOf(s step, subject string) (jwt.Claims, interface{}, error) {
	switch s.Op {
	case "operator":
		c := jwt.NewOperatorClaims(subject)
		return c, &c.Operator, nil
	case "account":
		c := jwt.NewAccountClaims(subject)
		return c, &c.Account, nil
	case "user":
		c := jwt.NewUserClaims(subject)
		c.SetScoped(s.Scoped)
		return c, &c.User, nil
	case "activation":
		c := jwt.NewActivationClaims(subject)
		return c, &c.Activation, nil
	}
	c := jwt.NewGenericClaims(subject)
	return c, &c.Data, nil
}

func (m *maker) token(s step) (result, error) {
	made := result{}
	subject := s.Subject
	if subject == "" {
		if s.Key == "" {
			s.Kind = s.Op
			key, err := m.newKey(s)
			if err != nil {
				return nil, err
			}
			made = key
		} else if key, found := m.results[s.Key]; found {
			made = result{"public": key["public"], "seed": key["seed"]}
		} else {
			return nil, fmt.Errorf("no key %q", s.Key)
		}
		subject = made["public"].(string)
	}
	if s.ID != "" {
		m.results[s.ID] = made // a claim may name the very token: "@id"
	}
	signer := made
	if s.Issuer != "" {
		signer = m.results[s.Issuer]
	}
	text, err := m.signed(s, subject, signer)
	made["jwt"] = text
	return made, err
}

func (m *maker) signed(s step, subject string, signer result) (string, error) {
	seed, _ := signer["seed"].(string)
	pair, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		return "", fmt.Errorf("issuer: %w", err)
	}
	claims, body, err := claimsOf(s, subject)
	if err != nil {
		return "", err
	}
	claims.Claims().Name = s.Name
	given, err := m.replaced(s.Claims)
	if err != nil {
		return "", err
	}
	if s.Claims != nil {
		text, _ := json.Marshal(given)
		if err := json.Unmarshal(text, body); err != nil {
			return "", fmt.Errorf("claims: %w", err)
		}
	}
	token, err := claims.Encode(pair)
	if err != nil {
		return "", err
	}
	top, err := m.replaced(s.Top)
	if err != nil {
		return "", err
	}
	// Whatever this version of the library dropped is put back.
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	var written map[string]interface{}
	if err := unmarshal(payload, &written); err != nil {
		return "", err
	}
	wanted := merged(written, map[string]interface{}{"nats": given})
	wanted = merged(wanted, top)
	if reflect.DeepEqual(normal(written), normal(wanted)) {
		return token, nil
	}
	text, err := json.Marshal(wanted)
	if err != nil {
		return "", err
	}
	return signText(parts[0], text, pair)
}

func signText(header string, payload []byte, pair nkeys.KeyPair) (string, error) {
	text := header + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := pair.Sign([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), err
}

// raw signs any JSON, or any text, with any key.
func (m *maker) raw(s step) (result, error) {
	header := []byte(`{"typ":"JWT","alg":"ed25519-nkey"}`)
	if s.Header != nil {
		header = s.Header
	}
	payload := []byte(s.Text)
	if s.Payload != nil {
		var value interface{}
		if err := unmarshal(s.Payload, &value); err != nil {
			return nil, err
		}
		value, err := m.replace(value)
		if err != nil {
			return nil, err
		}
		if payload, err = json.Marshal(value); err != nil {
			return nil, err
		}
	}
	pair, err := m.pair(s.Key)
	if err != nil {
		return nil, err
	}
	token, err := signText(base64.RawURLEncoding.EncodeToString(header), payload, pair)
	return result{"jwt": token}, err
}

func (m *maker) pair(id string) (nkeys.KeyPair, error) {
	seed, known := m.results[id]["seed"].(string)
	if !known {
		return nil, fmt.Errorf("no seed of %q", id)
	}
	return nkeys.FromSeed([]byte(seed))
}

func (m *maker) creds(s step) (result, error) {
	user := m.results[s.User]
	token, _ := user["jwt"].(string)
	seed, _ := user["seed"].(string)
	text, err := jwt.FormatUserConfig(token, []byte(seed))
	return result{"text": string(text)}, err
}

func (s step) bytes() ([]byte, error) {
	if s.DataBase64 != "" {
		return base64.StdEncoding.DecodeString(s.DataBase64)
	}
	return []byte(s.Data), nil
}

func (m *maker) sign(s step) (result, error) {
	pair, err := m.pair(s.Key)
	if err != nil {
		return nil, err
	}
	data, err := s.bytes()
	if err != nil {
		return nil, err
	}
	signature, err := pair.Sign(data)
	return result{
		"signature":     base64.StdEncoding.EncodeToString(signature),
		"signature_url": base64.RawURLEncoding.EncodeToString(signature),
	}, err
}

func (m *maker) verify(s step) (result, error) {
	public := s.Key
	if known, found := m.results[s.Key]; found {
		public, _ = known["public"].(string)
	}
	key, err := nkeys.FromPublicKey(public)
	if err != nil {
		return nil, err
	}
	data, err := s.bytes()
	if err != nil {
		return nil, err
	}
	signature, err := base64.StdEncoding.DecodeString(s.Signature)
	if err != nil {
		return nil, err
	}
	return result{"valid": key.Verify(data, signature) == nil}, nil
}

// decode is the library's opinion of a token: its claims and complaints, or why it is none.
func decode(s step) (result, error) {
	claims, err := jwt.Decode(s.JWT)
	if err != nil {
		return result{"refused": err.Error()}, nil
	}
	verdict := jwt.CreateValidationResults()
	claims.Validate(verdict)
	issues := []string{}
	for _, issue := range verdict.Issues {
		issues = append(issues, issue.Description)
	}
	return result{"claims": claims, "issues": issues}, nil
}

func readCreds(s step) (result, error) {
	read := result{}
	token, err := jwt.ParseDecoratedJWT([]byte(s.Text))
	if err != nil {
		return result{"refused": err.Error()}, nil
	}
	read["jwt"] = token
	pair, err := jwt.ParseDecoratedNKey([]byte(s.Text))
	if err != nil {
		return result{"jwt": token, "refused": err.Error()}, nil
	}
	seed, err := pair.Seed()
	read["seed"] = string(seed)
	return read, err
}

var moment = regexp.MustCompile(`^@now([+-][0-9]+)?$`)

// replace puts values in the place of references, in keys and values alike: "@id" is a public key,
// "@id.field" a field of a result, "@now-60" a time in seconds. "@@" is a plain "@".
func (m *maker) replace(value interface{}) (interface{}, error) {
	switch value := value.(type) {
	case string:
		return m.replaceText(value)
	case []interface{}:
		list := make([]interface{}, len(value))
		for i, item := range value {
			var err error
			if list[i], err = m.replace(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]interface{}:
		return m.replaced(value)
	}
	return value, nil
}

func (m *maker) replaced(object map[string]interface{}) (map[string]interface{}, error) {
	out := map[string]interface{}{}
	for name, item := range object {
		key, err := m.replaceText(name)
		if err != nil {
			return nil, err
		}
		if out[fmt.Sprint(key)], err = m.replace(item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (m *maker) replaceText(text string) (interface{}, error) {
	if !strings.HasPrefix(text, "@") {
		return text, nil
	}
	if strings.HasPrefix(text, "@@") {
		return text[1:], nil
	}
	if found := moment.FindStringSubmatch(text); found != nil {
		offset, _ := strconv.ParseInt(found[1], 10, 64)
		return m.now + offset, nil
	}
	id, field, dotted := strings.Cut(text[1:], ".")
	if !dotted {
		field = "public"
	}
	if value, found := m.results[id][field]; found {
		return value, nil
	}
	return nil, fmt.Errorf("nothing is called %q", text)
}

// merged is `base` with everything of `over` in it; objects are merged, all else is replaced.
func merged(base, over map[string]interface{}) map[string]interface{} {
	out := map[string]interface{}{}
	for name, value := range base {
		out[name] = value
	}
	for name, value := range over {
		inner, isObject := value.(map[string]interface{})
		below, wasObject := out[name].(map[string]interface{})
		if isObject && wasObject {
			out[name] = merged(below, inner)
		} else {
			out[name] = value
		}
	}
	return out
}

func unmarshal(text []byte, value interface{}) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(value)
}

// normal is a value as it looks after a round trip through JSON.
func normal(value interface{}) (out interface{}) {
	text, _ := json.Marshal(value)
	_ = unmarshal(text, &out)
	return out
}

func main() {
	var steps []step
	decoder := json.NewDecoder(os.Stdin)
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&steps); err != nil {
		fail("input: %v", err)
	}
	m := maker{now: time.Now().Unix(), results: map[string]result{}}
	out := []result{}
	for i, s := range steps {
		made, err := m.run(s)
		if err != nil {
			fail("step %d (%s %s): %v", i, s.Op, s.ID, err)
		}
		if s.ID != "" {
			m.results[s.ID] = made
		}
		out = append(out, made)
	}
	text, err := json.MarshalIndent(map[string]interface{}{
		"now": m.now, "steps": out, "results": m.results}, "", "  ")
	if err != nil {
		fail("output: %v", err)
	}
	fmt.Println(string(text))
}

func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, "jwtmaker: "+format+"\n", arguments...)
	os.Exit(1)
}
