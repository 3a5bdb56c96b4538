// SPDX-License-Identifier: Apache-2.0
//
// The keys of an account's exports and imports. Whether an import finds its export is left to
// account_validation.hpp.
#include "config/duration.hpp"
#include "config/section.hpp"
#include "config/sections.hpp"

#include <charconv>

namespace leafnats::config {

namespace {

constexpr std::string_view no_tracing = "message tracing is not part of this version";

/// Keys may come in any order, so what fits a stream or a service is seen at the end.
template <class Item>
struct ShareKeys {
  Item item;
  bool has_stream = false;
  bool has_service = false;
  std::optional<Position> service_only;  ///< a key that only services have
  std::optional<Position> stream_only;
  std::string_view directive;            ///< which of them: "response"

  /// False, and said so, if the other kind was seen already.
  bool choose(const Field& field, ShareKind kind) {
    const bool is_stream = kind == ShareKind::stream;
    if (is_stream ? has_service : has_stream) {
      field.invalid(is_stream ? "Detected stream but already saw a service"
                              : "Detected service but already saw a stream");
      return false;
    }
    (is_stream ? has_stream : has_service) = true;
    item.kind = kind;
    return true;
  }

  void needs_service(const Field& field, std::string_view word) {
    service_only = service_only.value_or(field.key_position());
    directive = directive.empty() ? word : directive;
  }

  void finish(const Field& entry) const {
    if (!has_stream && !has_service) {
      entry.invalid("Expected a \"stream\" or a \"service\"");
    }
    if (has_stream && service_only) {
      entry.diagnostics().invalid(*service_only,
                                  "Detected " + std::string(directive) + " directive on "
                                  "non-service");
    }
    if (has_service && stream_only) {
      entry.diagnostics().remark(*stream_only, "a prefix is for streams and has no effect here");
    }
  }
};

// ---- exports

using ExportKeys = ShareKeys<AccountExport>;

template <ShareKind kind>
void take_export_subject(const Field& field, ExportKeys& keys) {
  if (keys.choose(field, kind)) {
    field.into(keys.item.subject);
  }
}

void take_response(const Field& field, ExportKeys& keys) {
  keys.needs_service(field, "response");
  const std::string word = lower(field.text().value_or("single"));
  if (word == "single" || word == "singleton") {
    keys.item.response_type = ResponseType::singleton;
  } else if (word == "stream") {
    keys.item.response_type = ResponseType::stream;
  } else if (word == "chunk" || word == "chunked") {
    keys.item.response_type = ResponseType::chunked;
  } else {
    field.invalid("Unknown response type: \"" + word + "\"");
  }
}

/// 0 leaves the default.
void take_threshold(const Field& field, ExportKeys& keys) {
  keys.needs_service(field, "response");
  const auto found = field.duration();
  if (found && found->count() > 0) {
    keys.item.response_threshold = *found;
  }
}

/// 5, "5%" or headers, which is 0.
std::optional<int> parse_sampling(const Value& value) {
  std::int64_t percent = 0;
  if (const auto* number = value.as<std::int64_t>()) {
    percent = *number;
  } else if (const auto* text = value.as<std::string>()) {
    if (lower(*text) == "headers") {
      return 0;
    }
    std::string_view digits = *text;
    digits.remove_suffix(digits.ends_with('%') ? 1 : 0);
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, percent);
    percent = error == std::errc() && stop == end ? percent : 0;
  }
  return percent >= 1 && percent <= 100 ? std::optional(static_cast<int>(percent)) : std::nullopt;
}

constexpr Rule<ServiceLatency> latency_rules[] = {
    {"sampling", "sampling",
     [](const Field& field, ServiceLatency& latency) {
       if (const auto percent = parse_sampling(field.value())) {
         latency.sampling = *percent;
       } else {
         field.invalid("bad sampling percentage, should be 1-100, or headers");
       }
     }},
    {"subject", "subject",
     [](const Field& field, ServiceLatency& latency) { field.into(latency.subject); }},
};
constexpr Section<ServiceLatency> latency_section{"accounts.exports.latency", latency_rules, {}};

void take_latency(const Field& field, ExportKeys& keys) {
  keys.needs_service(field, "latency");
  ServiceLatency latency;
  if (const auto* subject = field.value().as<std::string>()) {
    latency.subject = *subject;
  } else if (const Map* map = field.value().as<Map>()) {
    take_section(latency_section, *map, field.option(), field.diagnostics(), latency);
    if (latency.subject.empty()) {
      field.invalid("Latency subject required, but missing");
    }
  } else {
    field.must_be("a subject or a map");
  }
  keys.item.latency = std::move(latency);
  field.remark("answers are not measured by this version: nothing is published there");
}

constexpr Rule<ExportKeys> export_rules[] = {
    {"stream", "subject", take_export_subject<ShareKind::stream>},
    {"service", "subject", take_export_subject<ShareKind::service>},
    {"accounts", "accounts",
     [](const Field& field, ExportKeys& keys) {
       if (auto found = field.texts()) {
         keys.item.accounts = std::move(*found);
       }
     }},
    {"response response_type", "response_type", take_response},
    {"threshold response_threshold response_max_time response_time", "response_threshold",
     take_threshold},
    {"latency", "latency", take_latency},
    {"account_token_position", "account_token_position",
     [](const Field& field, ExportKeys& keys) {
       constexpr std::int64_t tokens_max = 255;
       const auto found = field.integer_between(0, tokens_max);
       keys.item.account_token_position = static_cast<int>(found.value_or(0));
     }},
};
constexpr Notice export_notices[] = {
    {"allow_trace", Policy::ignore, no_tracing, Kind::boolean},
};
constexpr Section<ExportKeys> export_section{"accounts.exports", export_rules, export_notices};

// ---- imports

using ImportKeys = ShareKeys<AccountImport>;

constexpr Rule<AccountImport> source_rules[] = {
    {"account", "account",
     [](const Field& field, AccountImport& import) { field.into(import.account); }},
    {"subject", "subject",
     [](const Field& field, AccountImport& import) { field.into(import.subject); }},
};
constexpr Section<AccountImport> source_section{"the source of an import", source_rules, {}};

std::string owner_of(const Field& field) {
  return field.option().substr(0, field.option().rfind('.'));
}

template <ShareKind kind>
void take_source(const Field& field, ImportKeys& keys) {
  const Map* map = field.map();
  if (map == nullptr || !keys.choose(field, kind)) {
    return;
  }
  take_section(source_section, *map, owner_of(field), field.diagnostics(), keys.item);
  if (keys.item.account.empty() || keys.item.subject.empty()) {
    field.invalid("Expect an account name and a subject");
  }
}

constexpr Rule<ImportKeys> import_rules[] = {
    {"stream", "subject", take_source<ShareKind::stream>},
    {"service", "subject", take_source<ShareKind::service>},
    {"prefix", "prefix",
     [](const Field& field, ImportKeys& keys) {
       keys.stream_only = field.key_position();
       field.into(keys.item.prefix);
     }},
    {"to", "to", [](const Field& field, ImportKeys& keys) { field.into(keys.item.to); }},
    {"share", "share", [](const Field& field, ImportKeys& keys) { field.into(keys.item.share); }},
};
constexpr Notice import_notices[] = {
    {"allow_trace", Policy::ignore, no_tracing, Kind::boolean},
};
constexpr Section<ImportKeys> import_section{"accounts.imports", import_rules, import_notices};

}  // namespace

void take_exports(const Field& field, std::vector<AccountExport>& exports) {
  exports.clear();
  take_maps(field, "{ stream: \"events.>\" }", 0, [&](const Field& entry, const Map& map) {
    ExportKeys keys;
    take_section(export_section, map, entry.option(), entry.diagnostics(), keys);
    keys.finish(entry);
    exports.push_back(std::move(keys.item));
  });
}

void take_imports(const Field& field, std::vector<AccountImport>& imports) {
  imports.clear();
  take_maps(field, "{ stream: { account: EVENTS, subject: \"events.>\" } }", 0,
            [&](const Field& entry, const Map& map) {
              ImportKeys keys;
              take_section(import_section, map, entry.option(), entry.diagnostics(), keys);
              keys.finish(entry);
              if (keys.has_service) {
                keys.item.prefix.clear();
              }
              imports.push_back(std::move(keys.item));
            });
}

void list_sharing_keys(KeyList& list) {
  list_keys(export_section, list);
  list_keys(latency_section, list);
  list_keys(import_section, list);
  list_keys(source_section, list);
}

}  // namespace leafnats::config
