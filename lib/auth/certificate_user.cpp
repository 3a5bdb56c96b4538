// SPDX-License-Identifier: Apache-2.0
//
// Names of certificates and names of users.

#include "auth/certificate_user.hpp"

#include <algorithm>
#include <cstddef>

namespace leafnats::auth {
namespace {

using wire::NameAttribute;
using wire::NamePart;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_attribute(const NameAttribute& a, const NameAttribute& b) {
  return a.value == b.value &&
         std::equal(a.type.begin(), a.type.end(), b.type.begin(), b.type.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

/// Equality that is an equivalence: pairing greedily finds a pairing if there is one.
template <class Item, class Same>
bool pair_up(const std::vector<Item>& a, const std::vector<Item>& b, Same same) {
  if (a.size() != b.size()) return false;
  std::vector<bool> taken(b.size(), false);
  for (const Item& item : a) {
    std::size_t at = 0;
    while (at < b.size() && (taken[at] || !same(item, b[at]))) ++at;
    if (at == b.size()) return false;
    taken[at] = true;
  }
  return true;
}

bool same_part(const NamePart& a, const NamePart& b) { return pair_up(a, b, same_attribute); }

bool same_parts_in_order(const std::vector<NamePart>& a, const std::vector<NamePart>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_part);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// Cuts a distinguished name. Blanks around types and values do not count unless escaped.
class NameReader {
 public:
  explicit NameReader(std::string_view text) : text_(text) {}

  std::optional<std::vector<NamePart>> read() {
    std::vector<NamePart> parts(1);
    for (;;) {
      NameAttribute attribute;
      if (!take_until('=', attribute.type) || attribute.type.empty()) return std::nullopt;
      ++at_;
      if (at_ < text_.size() && text_[at_] == '#') return std::nullopt;  // BER, as nobody writes it
      if (!take_until(0, attribute.value)) return std::nullopt;
      parts.back().push_back(std::move(attribute));
      if (at_ == text_.size()) return parts;
      if (text_[at_++] == ',') parts.emplace_back();
    }
  }

 private:
  /// Up to `end`, or to a separator if `end` is 0.
  bool take_until(char end, std::string& out) {
    std::size_t kept = 0;  // without the blanks at the end
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == ' ' && out.empty()) continue;
      if (c == '\\') {
        if (!take_escape(out)) return false;
        kept = out.size();
        continue;
      }
      const bool separator = c == ',' || c == '+';
      if (end == 0 ? separator : c == end) break;
      if (end != 0 && separator) return false;
      out += c;
      if (c != ' ') kept = out.size();
    }
    out.resize(kept);
    return end == 0 || at_ < text_.size();
  }

  bool take_escape(std::string& out) {
    constexpr std::string_view special = " \"#+,;<=>\\";
    if (++at_ == text_.size()) return false;
    if (special.find(text_[at_]) != std::string_view::npos) {
      out += text_[at_];
      return true;
    }
    if (at_ + 1 == text_.size()) return false;
    const int high = hex_digit(text_[at_]);
    const int low = hex_digit(text_[++at_]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::vector<NamePart>> parse_distinguished_name(std::string_view text) {
  return NameReader(text).read();
}

bool same_parts(const std::vector<NamePart>& a, const std::vector<NamePart>& b) {
  return pair_up(a, b, same_part);
}

std::optional<std::string> find_user_of(const wire::TlsPeer& peer, bool by_parts,
                                        const UserNames& users) {
  if (!peer.has_certificate) return std::nullopt;
  const auto find = [&users](const std::function<bool(const std::string&)>& matches) {
    std::optional<std::string> found;
    users([&](const std::string& name) {
      if (matches(name)) found = name;
      return found.has_value();
    });
    return found;
  };
  const auto exactly = [&find](const std::string& wanted) {
    return find([&wanted](const std::string& name) { return !wanted.empty() && name == wanted; });
  };
  for (const auto* names : {&peer.emails, &peer.dns_names, &peer.uris}) {
    for (const std::string& name : *names) {
      if (auto user = exactly(name)) return user;
    }
  }
  // Of two users that differ in the order of parts only, the one in the certificate's order.
  for (const auto compare : {same_parts_in_order, same_parts}) {
    if (!by_parts) break;
    const auto user = find([&peer, compare](const std::string& name) {
      const auto parts = parse_distinguished_name(name);
      return parts && compare(*parts, peer.subject_parts);
    });
    if (user) return user;
  }
  if (!peer.domain_components.empty()) {
    if (auto user = exactly(peer.subject + "," + peer.domain_components)) return user;
  }
  return exactly(peer.subject);
}

}  // namespace leafnats::auth
