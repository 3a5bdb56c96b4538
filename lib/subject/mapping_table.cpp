// SPDX-License-Identifier: Apache-2.0
//
// What nats-server checks when mappings are added, and how it chooses (accounts.go, 2.15).

#include "subject/mapping_table.hpp"

#include "subject/grammar.hpp"
#include "subject/mapping_function.hpp"

#include <algorithm>
#include <map>

namespace leafnats::subject {
namespace {

Error wrong(std::string words) { return {Errc::invalid_argument, std::move(words)}; }

Result<void> check_destination(std::string_view destination) {
  bool full = false;
  for (const std::string_view token : Tokens(destination)) {
    if (token.empty() || full) return destination_error("invalid transform", token);
    full = token == ">";
  }
  return {};
}

Result<void> check_weights(const std::vector<MappingDestination>& destinations) {
  std::map<std::string_view, int> totals;
  for (std::size_t i = 0; i < destinations.size(); ++i) {
    const MappingDestination& destination = destinations[i];
    for (std::size_t k = 0; k < i; ++k) {
      if (destinations[k].subject != destination.subject) continue;
      return wrong("duplicate entry for \"" + destination.subject + '"');
    }
    if (destination.weight < 0) return wrong("individual weights need to be >= 0");
    if (destination.weight > 100) return wrong("individual weights need to be <= 100");
    totals[destination.cluster] += destination.weight;
    if (totals[destination.cluster] > 100) return wrong("total weight needs to be <= 100");
  }
  return {};
}

}  // namespace

Result<MappingTable> MappingTable::make(std::span<const SubjectMapping> mappings,
                                        std::string_view cluster) {
  MappingTable table;
  for (const SubjectMapping& mapping : mappings) {
    auto made = make_mapping(mapping, cluster);
    if (!made) return wrong("mapping of \"" + mapping.source + "\": " + made.error().context);
    table.add(std::move(*made));
  }
  for (const Mapping& mapping : table.mappings_) table.sources_.push_back(mapping.source.source());
  return table;
}

Result<MappingTable::Mapping> MappingTable::make_mapping(const SubjectMapping& mapping,
                                                         std::string_view cluster) {
  if (!is_valid_subject(mapping.source)) return wrong("invalid subject");
  if (auto checked = check_weights(mapping.destinations); !checked) return checked.error();
  auto itself = Transform::make(mapping.source, numbered(mapping.source));
  if (!itself) return itself.error();
  const auto is_ours = [cluster](const MappingDestination& destination) {
    return !destination.cluster.empty() && destination.cluster == cluster;
  };
  const auto& all = mapping.destinations;
  const bool scoped = std::any_of(all.begin(), all.end(), is_ours);
  bool source_is_named = false;
  Mapping made{std::move(*itself), {}};
  for (const MappingDestination& destination : all) {
    if (auto checked = check_destination(destination.subject); !checked) return checked.error();
    auto transform = Transform::make(mapping.source, destination.subject);
    if (!transform) return transform.error();
    const bool stays = destination.subject == mapping.source;
    source_is_named = source_is_named || stays;
    if (scoped ? !is_ours(destination) : !destination.cluster.empty()) continue;
    made.ways.push_back({destination.weight, 0, std::nullopt});
    if (!stays) made.ways.back().transform = std::move(*transform);
  }
  finish(made, source_is_named);
  return made;
}

void MappingTable::finish(Mapping& made, bool source_is_named) {
  int total = 0;
  for (const Way& way : made.ways) total += way.weight;
  if (total != 100 && !source_is_named) made.ways.push_back({100 - total, 0, std::nullopt});
  std::stable_sort(made.ways.begin(), made.ways.end(),
                   [](const Way& a, const Way& b) { return a.weight < b.weight; });
  int end = 0;
  for (Way& way : made.ways) way.end = end += way.weight;
}

void MappingTable::add(Mapping mapping) {
  for (Mapping& earlier : mappings_) {
    if (earlier.source.source() != mapping.source.source()) continue;
    earlier = std::move(mapping);
    return;
  }
  mappings_.push_back(std::move(mapping));
}

bool MappingTable::map(std::string_view literal, std::uint64_t roll, std::string& out) const {
  const auto percent = static_cast<int>(roll % 100);
  for (const Mapping& mapping : mappings_) {
    const auto way = std::find_if(mapping.ways.begin(), mapping.ways.end(),
                                  [percent](const Way& each) { return percent < each.end; });
    if (way != mapping.ways.end() && way->transform) {
      if (way->transform->apply(literal, out, roll / 100)) return true;
      continue;
    }
    if (!mapping.source.covers(literal)) continue;
    if (way != mapping.ways.end()) return false;
    out.clear();
    return true;
  }
  return false;
}

}  // namespace leafnats::subject
