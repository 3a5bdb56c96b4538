// SPDX-License-Identifier: Apache-2.0
//
// The bodies of the public Headers; the grammar is that of wire/headers.hpp.

#include <leafnats/headers.hpp>

#include "wire/headers.hpp"

#include <algorithm>
#include <utility>

namespace leafnats {

Result<Headers> Headers::parse(std::string_view block) {
  const auto parsed = wire::HeaderBlock::parse(block);
  if (!parsed) return Error{Errc::invalid_argument, "not a header block"};
  Headers headers;
  headers.status_ = parsed->status();
  headers.description_ = parsed->description();
  for (const wire::Header& header : *parsed) headers.add(header.name, header.value);
  return headers;
}

Headers& Headers::add(std::string_view name, std::string_view value) {
  headers_.push_back({std::string(name), std::string(value)});
  return *this;
}

Headers& Headers::set(std::string_view name, std::string_view value) {
  // By copies first: the arguments may be views of what is removed.
  Header header{std::string(name), std::string(value)};
  remove(header.name);
  headers_.push_back(std::move(header));
  return *this;
}

std::size_t Headers::remove(std::string_view name) {
  const std::string removed(name);
  return std::erase_if(headers_, [&](const Header& header) { return header.name == removed; });
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  const auto found = std::find_if(headers_.begin(), headers_.end(),
                                  [&](const Header& header) { return header.name == name; });
  if (found == headers_.end()) return std::nullopt;
  return found->value;
}

std::vector<std::string_view> Headers::values(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Header& header : headers_) {
    if (header.name == name) values.push_back(header.value);
  }
  return values;
}

Result<std::string> Headers::encode() const {
  if (empty()) return std::string();
  wire::HeaderBuilder block(status_, description_);
  for (const Header& header : headers_) {
    if (!block.add(header.name, header.value)) {
      return Error{Errc::invalid_argument, "header '" + header.name + "' cannot be sent"};
    }
  }
  return std::move(block).finish();
}

}  // namespace leafnats
