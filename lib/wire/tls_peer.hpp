// SPDX-License-Identifier: Apache-2.0
//
// What a TLS handshake told us of the peer: for logins, logs and monitoring.
#pragma once

#include <string>
#include <vector>

namespace leafnats::wire {

/// One attribute of a distinguished name: "CN" and its value, or a dotted number for what has no
/// name in nats-server.
struct NameAttribute {
  std::string type;
  std::string value;
};

/// One part of a distinguished name; nearly always a single attribute.
using NamePart = std::vector<NameAttribute>;

struct TlsPeer {
  bool has_certificate = false;   ///< the rest of this group is empty if not
  std::string subject;            ///< as Go writes it: "CN=client,OU=NATS", always in its order
  std::string domain_components;  ///< "DC=example,DC=com" of the subject, in Go's order
  std::vector<NamePart> subject_parts;  ///< the subject, last part first (RFC 4514)
  std::vector<std::string> emails;
  std::vector<std::string> dns_names;
  std::vector<std::string> uris;
  std::string public_key_sha256;  ///< hex in lower case, what pinned_certs compares

  std::string version;  ///< "1.2" or "1.3"
  std::string cipher;   ///< by Go's name: "TLS_AES_128_GCM_SHA256"
  bool resumed = false;
};

}  // namespace leafnats::wire
