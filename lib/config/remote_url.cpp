// SPDX-License-Identifier: Apache-2.0
//
// Cuts a URL as Go's net/url does, because that is what decides which passwords need escapes: the
// authority ends at the first of / ? #, and its last '@' ends the userinfo.
#include "config/remote_url.hpp"
#include "wire/tls_context.hpp"

#include "config/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace leafnats::config {

namespace {

Error wrong(std::string text) { return Error{Errc::invalid_argument, std::move(text)}; }

/// nats-server trims before it parses.
std::string_view trim(std::string_view text) {
  constexpr std::string_view space = " \t\r\n\v\f";
  const std::size_t begin = std::min(text.find_first_not_of(space), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(space) + 1);
}

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// nullopt for a '%' without two hexadecimal digits, and for characters that must be escaped.
std::optional<std::string> decode_userinfo(std::string_view text) {
  constexpr std::string_view allowed = "-._:~!$&'()*+,;=@";
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const char* digits = text.data() + i + 1;
      const auto [end, error] = std::from_chars(digits, digits + 2, value, 16);
      if (error != std::errc{} || end != digits + 2) {
        return std::nullopt;
      }
      decoded += static_cast<char>(value);
      i += 2;
    } else if (is_letter_or_digit(text[i]) || allowed.find(text[i]) != allowed.npos) {
      decoded += text[i];
    } else {
      return std::nullopt;
    }
  }
  return decoded;
}

/// The first ':' ends the user, so that a password may contain more of them.
Result<void> take_userinfo(std::string_view userinfo, RemoteUrl& url) {
  const std::size_t colon = userinfo.find(':');
  const std::optional<std::string> first = decode_userinfo(userinfo.substr(0, colon));
  const std::optional<std::string> second =
      colon == userinfo.npos ? std::string() : decode_userinfo(userinfo.substr(colon + 1));
  if (!first || !second) {
    return wrong("the user, password or token has a character that must be written as %XX");
  }
  (colon == userinfo.npos ? url.token : url.user) = *first;
  url.password = *second;
  return {};
}

/// Unlike a listener's, a port of 0 means nothing here.
Result<void> take_address(std::string_view text, RemoteUrl& url) {
  Result<Address> address = parse_address(text);
  if (!address) {
    return std::move(address).error();
  }
  if (address->host.empty()) {
    return wrong("the URL has no host");
  }
  if (address->port.value_or(default_leaf_port) < 1) {
    return wrong("the port is not between 1 and 65535");
  }
  url.host = std::move(address->host);
  url.port = static_cast<std::uint16_t>(address->port.value_or(default_leaf_port));
  return {};
}

/// It becomes a part of an HTTP request line, and may come from a peer.
Result<void> take_path(std::string_view text, RemoteUrl& url) {
  text = text.substr(0, text.find_first_of("?#"));
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!printable) {
    return wrong("the path of the URL has a character that must be written as %XX");
  }
  url.path = text;
  return {};
}

}  // namespace

Result<RemoteUrl> parse_remote_url(std::string_view text) {
  static constexpr std::string_view schemes[] = {"nats-leaf", "nats", "tls", "ws", "wss"};
  text = trim(text);
  const std::size_t end_of_scheme = text.find("://");
  if (end_of_scheme == text.npos) {
    return wrong("the URL has no scheme; write nats-leaf:// in front");
  }
  RemoteUrl url;
  url.scheme = text.substr(0, end_of_scheme);
  std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (std::find(std::begin(schemes), std::end(schemes), url.scheme) == std::end(schemes)) {
    return wrong("the scheme of the URL is not nats-leaf, nats, tls, ws or wss");
  }
  std::string_view authority = text.substr(end_of_scheme + 3);
  const std::size_t end = std::min(authority.find_first_of("/?#"), authority.size());
  if (Result<void> taken = take_path(authority.substr(end), url); !taken) {
    return std::move(taken).error();
  }
  authority = authority.substr(0, end);
  const std::size_t at = authority.rfind('@');
  if (at != authority.npos) {
    if (Result<void> taken = take_userinfo(authority.substr(0, at), url); !taken) {
      return std::move(taken).error();
    }
    authority.remove_prefix(at + 1);
  }
  if (Result<void> taken = take_address(authority, url); !taken) {
    return std::move(taken).error();
  }
  return url;
}

std::string_view missing_transport(const RemoteUrl& url) {
  if ((url.scheme == "tls" || url.scheme == "wss") && !wire::TlsContext::supported()) {
    return "TLS";
  }
#ifdef LEAFNATS_HAVE_WEBSOCKET
  return "";
#else
  return url.is_websocket() ? "WebSocket" : "";
#endif
}

Result<Endpoint> parse_proxy_url(std::string_view text) {
  constexpr std::uint16_t default_proxy_port = 80;
  const std::size_t end_of_scheme = text.find("://");
  const std::string_view scheme = text.substr(0, std::min(end_of_scheme, text.size()));
  if (end_of_scheme == text.npos || (scheme != "http" && scheme != "https")) {
    return wrong("proxy URL scheme must be http or https");
  }
  std::string_view authority = text.substr(end_of_scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    authority.remove_prefix(at + 1);
  }
  if (authority.empty() || authority.front() == ':') {
    return wrong("proxy URL must specify a host");
  }
  return parse_advertise(authority, default_proxy_port);
}

std::string redacted(const RemoteUrl& url) {
  const bool has_userinfo = !url.user.empty() || !url.password.empty() || !url.token.empty();
  return url.scheme + "://" + (has_userinfo ? "xxxxx@" : "") +
         to_string(Endpoint{url.host, url.port});
}

}  // namespace leafnats::config
