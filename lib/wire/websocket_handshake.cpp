// SPDX-License-Identifier: Apache-2.0
//
// The checks stand in the order of nats-server's, so that the same wrong request gets the same
// answer. One differs: the path of a feature that is off is not found, instead of an upgrade that
// is closed at once.

#include "wire/websocket_handshake.hpp"

#include "base/base64.hpp"
#include "wire/sha1.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace leafnats::wire {
namespace {

constexpr std::string_view accept_suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view mqtt_path = "/mqtt";
constexpr std::string_view no_masking_field = "Nats-No-Masking";
constexpr std::string_view deflate = "permessage-deflate";
constexpr std::string_view server_fresh = "server_no_context_takeover";
constexpr std::string_view client_fresh = "client_no_context_takeover";
constexpr std::string_view extensions_field = "Sec-WebSocket-Extensions";
constexpr std::string_view extension_agreed =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
constexpr std::size_t key_bytes = 16;

std::string_view text_of(const auto& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower;
}

Error refused(std::string text) { return {Errc::invalid_argument, std::move(text)}; }

enum class DeflateOffer { none, with_context, without_context };

/// What one element of an extension list says about deflate.
DeflateOffer read_extension(std::string_view extension) {
  bool named = false;
  bool server = false;
  bool client = false;
  while (!extension.empty()) {
    const std::string_view parameter = take_element(extension, ';');
    if (!named) {
      named = equal_fold(parameter, deflate);
    } else {
      server = server || equal_fold(parameter, server_fresh);
      client = client || equal_fold(parameter, client_fresh);
    }
  }
  if (!named) return DeflateOffer::none;
  return server && client ? DeflateOffer::without_context : DeflateOffer::with_context;
}

/// The first mention counts, as in nats-server.
DeflateOffer find_deflate(const HttpHead& head) {
  for (const HttpField& field : head.fields()) {
    if (!equal_fold(field.name, extensions_field)) continue;
    for (std::string_view list = field.value; !list.empty();) {
      const DeflateOffer offer = read_extension(take_element(list, ','));
      if (offer != DeflateOffer::none) return offer;
    }
  }
  return DeflateOffer::none;
}

bool is_scheme_of_web(std::string_view scheme) { return scheme == "http" || scheme == "https"; }

/// "host", "host:port", "[::1]", "[::1]:port".
Result<WebOrigin> split_host(std::string scheme, std::string_view text) {
  WebOrigin origin{std::move(scheme), {}, {}};
  const bool bracketed = text.starts_with('[');
  const std::size_t end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && end == text.npos) return refused("missing ']' in address");
  const std::string_view host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  std::string_view rest = text.substr(std::min(end, text.size()));
  if (bracketed) rest.remove_prefix(1);
  if (!rest.empty() && (rest.front() != ':' || rest.substr(1).find_first_not_of("0123456789") !=
                                                   rest.npos)) {
    return refused("invalid port in address");
  }
  origin.host = in_lower_case(host);
  origin.port = rest.size() > 1 ? std::string(rest.substr(1))
                                : (origin.scheme == "https" ? "443" : "80");
  return origin;
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  return base::encode_base64(text_of(sha1(std::string(key).append(accept_suffix))));
}

// ---- Dialling ----

std::string websocket_leaf_target(std::string_view path) {
  std::vector<std::string_view> parts;
  path = path.substr(0, path.find_first_of("?#"));
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  std::string target;
  for (const std::string_view part : parts) target.append("/").append(part);
  return target.append(websocket_leaf_path);
}

std::string make_websocket_key(base::Entropy& entropy) {
  std::array<unsigned char, key_bytes> bytes{};
  entropy.fill(bytes);
  return base::encode_base64(text_of(bytes));
}

std::string format_upgrade_request(const WebSocketRequest& request, std::string_view key) {
  HttpWriter writer = HttpWriter::request("GET", request.target);
  writer.field("Host", request.host)
      .field("Upgrade", "websocket")
      .field("Connection", "Upgrade")
      .field("Sec-WebSocket-Key", key)
      .field("Sec-WebSocket-Version", "13");
  if (request.compression) writer.field(extensions_field, extension_agreed);
  if (request.no_masking) writer.field(no_masking_field, "true");
  return writer.finish();
}

Result<WebSocketAgreement> judge_upgrade_answer(const HttpHead& answer,
                                                const WebSocketRequest& request,
                                                std::string_view key) {
  const auto is = [&answer](std::string_view name, std::string_view value) {
    return equal_fold(answer.find(name).value_or(""), value);
  };
  if (answer.status() != 101) {
    return refused("invalid websocket connection: the answer is " +
                   std::to_string(answer.status()) + " " + std::string(answer.reason()));
  }
  // The whole value, not a list: nats-server takes nothing else.
  if (!is("Upgrade", "websocket") || !is("Connection", "upgrade")) {
    return refused("invalid websocket connection: the answer upgrades to something else");
  }
  if (answer.find("Sec-WebSocket-Accept").value_or("") != websocket_accept(key)) {
    return refused("invalid websocket connection: the answer belongs to another request");
  }
  WebSocketAgreement agreement;
  if (request.compression) {
    const DeflateOffer offer = find_deflate(answer);
    if (offer == DeflateOffer::with_context) return refused("compression negotiation error");
    agreement.compression = offer == DeflateOffer::without_context;
  }
  agreement.no_masking =
      request.no_masking && answer.find(no_masking_field).value_or("") == "true";
  return agreement;
}

// ---- Accepting ----

Result<WebOrigin> parse_web_origin(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == text.npos || !is_http_value(text) || text.find(' ') != text.npos) {
    return refused("invalid URI for request");
  }
  std::string scheme = in_lower_case(text.substr(0, colon));
  std::string_view authority = text.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    authority.remove_prefix(at + 1);
  }
  if (!is_scheme_of_web(scheme)) {
    return refused("allowed origins must be absolute URLs with http or https scheme");
  }
  if (authority.empty()) return refused("host is required");
  return split_host(std::move(scheme), authority);
}

namespace {

/// The request target's path; an absolute target also names the host.
std::string_view split_target(std::string_view target, std::string_view& host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_fold(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    host = target.substr(0, end);
    target.remove_prefix(end);
    break;
  }
  return target.substr(0, target.find('?'));
}

Result<void> check_origin(const HttpHead& request, std::string_view host,
                          const UpgradePolicy& policy) {
  if (!policy.same_origin && policy.allowed_origins.empty()) return {};
  std::string_view text = request.find("Origin").value_or("");
  if (text.empty()) text = request.find("Sec-WebSocket-Origin").value_or("");
  // No browser: the origin protects web pages, and nobody else sends one.
  if (text.empty()) return {};
  const Result<WebOrigin> origin = parse_web_origin(text);
  if (!origin) return origin.error();
  if (policy.same_origin) {
    const Result<WebOrigin> own = split_host(policy.tls ? "https" : "http", host);
    if (!own) return own.error();
    if (*own != *origin) return refused("not same origin");
  }
  const auto& allowed = policy.allowed_origins;
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), *origin) == allowed.end()) {
    return refused("not in the allowed list");
  }
  return {};
}

/// The status that refuses the request and the reason; nothing if it can be accepted.
std::optional<Upgrade> find_fault(const HttpHead& request, std::string_view path,
                                  std::string_view host, const UpgradePolicy& policy) {
  if (path.ends_with(mqtt_path)) return refuse_upgrade(404, "mqtt websocket endpoint not enabled");
  if (path.ends_with(websocket_leaf_path) && !policy.takes_leafs) {
    return refuse_upgrade(404, "not configured to accept leaf node connections");
  }
  if (request.method() != "GET") return refuse_upgrade(405, "request method must be GET");
  if (host.empty()) return refuse_upgrade(400, "'Host' missing in request");
  if (request.count("Host") > 1) return refuse_upgrade(400, "too many Host headers");
  if (!request.has_token("Upgrade", "websocket")) {
    return refuse_upgrade(400, "invalid value for header 'Upgrade'");
  }
  if (!request.has_token("Connection", "Upgrade")) {
    return refuse_upgrade(400, "invalid value for header 'Connection'");
  }
  const std::string_view key = request.find("Sec-WebSocket-Key").value_or("");
  if (key.empty()) return refuse_upgrade(400, "key missing");
  const std::optional<std::string> decoded = base::decode_base64(key);
  if (!decoded || decoded->size() != key_bytes) {
    return refuse_upgrade(400, "invalid websocket key");
  }
  if (!request.has_token("Sec-WebSocket-Version", "13")) {
    return refuse_upgrade(400, "invalid version");
  }
  if (const Result<void> origin = check_origin(request, host, policy); !origin) {
    return refuse_upgrade(403, "origin not allowed: " + origin.error().message());
  }
  return std::nullopt;
}

std::string format_agreement(const HttpHead& request, const Upgrade& upgrade,
                             const UpgradePolicy& policy) {
  HttpWriter writer = HttpWriter::response(101, http_reason(101));
  writer.field("Upgrade", "websocket")
      .field("Connection", "Upgrade")
      .field("Sec-WebSocket-Accept",
             websocket_accept(request.find("Sec-WebSocket-Key").value_or("")));
  if (upgrade.compression) writer.field(extensions_field, extension_agreed);
  if (upgrade.no_masking) writer.field(no_masking_field, "true");
  std::string bytes = writer.finish();
  return bytes.insert(bytes.size() - 2, policy.headers);
}

/// Nothing for a value with bytes that no cookie has; quotes around it do not belong to it.
std::optional<std::string_view> cookie_value(std::string_view text) {
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  const bool good = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c < 0x7f && c != '"' && c != ';' && c != '\\';
  });
  return good ? std::optional(text) : std::nullopt;
}

void take_cookie(std::string_view cookie, const UpgradePolicy& policy, WebSocketCookies& cookies) {
  const std::size_t equals = cookie.find('=');
  if (equals == cookie.npos) return;
  const std::string_view name = cookie.substr(0, equals);
  const auto value = cookie_value(cookie.substr(equals + 1));
  if (!is_http_name(name) || !value) return;
  if (name == policy.jwt_cookie) {
    cookies.jwt = *value;
  } else if (name == policy.user_cookie) {
    cookies.user = *value;
  } else if (name == policy.password_cookie) {
    cookies.password = *value;
  } else if (name == policy.token_cookie) {
    cookies.token = *value;
  }
}

void take_cookies(const HttpHead& request, const UpgradePolicy& policy,
                  WebSocketCookies& cookies) {
  for (const HttpField& field : request.fields()) {
    if (!equal_fold(field.name, "Cookie")) continue;
    for (std::string_view list = field.value; !list.empty();) {
      take_cookie(take_element(list, ';'), policy, cookies);
    }
  }
}

void take_browser(const HttpHead& request, Upgrade& upgrade) {
  const std::string_view agent = request.find("User-Agent").value_or("");
  upgrade.is_browser = agent.starts_with("Mozilla/");
  // Chrome names Safari too, but not a "Version/".
  upgrade.fragments_compressed =
      !(upgrade.is_browser && agent.find("Version/") != agent.npos &&
        agent.find("Safari/") != agent.npos);
}

bool looks_like_address(std::string_view text) {
  return !text.empty() && text.size() <= 45 &&
         text.find_first_not_of("0123456789abcdefABCDEF.:") == text.npos &&
         text.find_first_of(".:") != text.npos;
}

}  // namespace

Upgrade answer_upgrade(const HttpHead& request, const UpgradePolicy& policy) {
  std::string_view host = request.find("Host").value_or("");
  const std::string_view path = split_target(request.target(), host);
  if (std::optional<Upgrade> fault = find_fault(request, path, host, policy)) {
    return std::move(*fault);
  }
  Upgrade upgrade;
  upgrade.status = 101;
  upgrade.is_leaf = path.ends_with(websocket_leaf_path);
  upgrade.compression = policy.compression && find_deflate(request) != DeflateOffer::none;
  upgrade.no_masking = request.find(no_masking_field).value_or("") == "true";
  upgrade.bytes = format_agreement(request, upgrade, policy);
  if (!upgrade.is_leaf) {
    take_browser(request, upgrade);
    take_cookies(request, policy, upgrade.cookies);
  }
  const std::string_view forwarded = request.find("X-Forwarded-For").value_or("");
  if (looks_like_address(forwarded)) upgrade.forwarded_for = forwarded;
  return upgrade;
}

Upgrade refuse_upgrade(int status, std::string_view error) {
  Upgrade upgrade;
  upgrade.status = status;
  upgrade.error = "websocket handshake error: " + std::string(error);
  const std::string body = std::string(http_reason(status)) + "\n";
  upgrade.bytes = HttpWriter::response(status, http_reason(status))
                      .field("Content-Type", "text/plain; charset=utf-8")
                      .field("Sec-Websocket-Version", "13")
                      .field("X-Content-Type-Options", "nosniff")
                      .field("Connection", "close")
                      .finish(body);
  return upgrade;
}

}  // namespace leafnats::wire
