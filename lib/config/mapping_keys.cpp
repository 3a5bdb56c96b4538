// SPDX-License-Identifier: Apache-2.0
//
// The keys of mappings { }: subjects, each with one destination, or several with weights. Whether
// a destination fits its source is left to account_validation.hpp.
#include "config/section.hpp"
#include "config/sections.hpp"

#include <charconv>

namespace leafnats::config {

namespace {

struct DestinationKeys {
  MappingDestination destination;
  bool has_weight = false;
};

/// 40, "40" and "40%" are the same.
std::optional<int> parse_weight(const Value& value) {
  std::int64_t weight = -1;
  if (const auto* number = value.as<std::int64_t>()) {
    weight = *number;
  } else if (const auto* text = value.as<std::string>()) {
    std::string_view digits = *text;
    digits.remove_suffix(digits.ends_with('%') ? 1 : 0);
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, weight);
    weight = error == std::errc() && stop == end ? weight : -1;
  }
  return weight >= 0 && weight <= 100 ? std::optional(static_cast<int>(weight)) : std::nullopt;
}

constexpr Rule<DestinationKeys> destination_rules[] = {
    {"dest destination", "subject",
     [](const Field& field, DestinationKeys& keys) { field.into(keys.destination.subject); }},
    {"weight", "weight",
     [](const Field& field, DestinationKeys& keys) {
       keys.has_weight = true;
       if (const auto weight = parse_weight(field.value())) {
         keys.destination.weight = *weight;
       } else {
         field.invalid("Invalid weight for mapping destination: it must be a percentage from 0 to "
                       "100");
       }
     }},
    {"cluster", "cluster",
     [](const Field& field, DestinationKeys& keys) { field.into(keys.destination.cluster); }},
};
constexpr Section<DestinationKeys> destination_section{"mappings", destination_rules, {}};

void take_destination(const Field& field, const Map& map, SubjectMapping& mapping) {
  DestinationKeys keys;
  take_section(destination_section, map, field.option(), field.diagnostics(), keys);
  if (!keys.has_weight) {
    field.invalid("Missing weight for mapping destination \"" + keys.destination.subject + "\"");
  }
  mapping.destinations.push_back(std::move(keys.destination));
}

void take_destinations(const Field& field, SubjectMapping& mapping) {
  const std::string option = field.option() + ".destinations";
  if (const auto* subject = field.value().as<std::string>()) {
    mapping.destinations.emplace_back().subject = *subject;
  } else if (const Map* map = field.value().as<Map>()) {
    take_destination(field.part(field.value(), option + "[0]"), *map, mapping);
  } else if (field.value().as<Array>() != nullptr) {
    take_maps(field.part(field.value(), option), "{ destination: subject, weight: 50% }", 0,
              [&](const Field& entry, const Map& keys) {
                take_destination(entry, keys, mapping);
              });
  } else {
    field.must_be("a subject, a destination with its weight, or an array of those");
  }
}

}  // namespace

/// Keys are subjects, so this is no section.
void take_mappings(const Field& field, std::vector<SubjectMapping>& mappings) {
  const Map* map = field.map();
  if (map == nullptr) {
    return;
  }
  mappings.clear();
  for (const Entry& entry : map->entries()) {
    const Field place(field.diagnostics(), entry,
                      field.option() + "[" + std::to_string(mappings.size()) + "]");
    SubjectMapping mapping;
    mapping.source = entry.key;
    take_destinations(place, mapping);
    mappings.push_back(std::move(mapping));
  }
}

void list_mapping_keys(KeyList& list) { list_keys(destination_section, list); }

}  // namespace leafnats::config
