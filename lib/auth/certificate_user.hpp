// SPDX-License-Identifier: Apache-2.0
//
// verify_and_map: which user a client's certificate names. As in nats-server the first of these
// that is a user's name counts: e-mail addresses, DNS names, URIs; the subject part by part, in
// any order; the subject as Go writes it, with its domain components behind it and without.
#pragma once

#include "wire/tls_peer.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::auth {

/// Shows every user name to its argument until that returns true.
using UserNames = std::function<void(const std::function<bool(const std::string& name)>& visit)>;

/// `by_parts`: also compare subjects part by part; nats-server does not for leaf users.
std::optional<std::string> find_user_of(const wire::TlsPeer& peer, bool by_parts,
                                        const UserNames& users);

/// The parts of a distinguished name as text (RFC 4514); nullopt if it is none.
std::optional<std::vector<wire::NamePart>> parse_distinguished_name(std::string_view text);

/// Whether there is a one-to-one pairing of equal parts, and in each of equal attributes. The order
/// is free, the number exact: a part counts once (CVE-2026-33248).
bool same_parts(const std::vector<wire::NamePart>& a, const std::vector<wire::NamePart>& b);

}  // namespace leafnats::auth
