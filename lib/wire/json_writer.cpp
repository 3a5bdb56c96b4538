// SPDX-License-Identifier: Apache-2.0

#include "wire/json_writer.hpp"

#include "base/assert.hpp"
#include "wire/json.hpp"

#include <fmt/format.h>

namespace leafnats::wire {

void JsonWriter::open() {
  separate();
  out_ += '{';
  closers_.push_back('}');
  first_ = true;
}

void JsonWriter::open(std::string_view key) {
  put_key(key);
  out_ += '{';
  closers_.push_back('}');
  first_ = true;
}

void JsonWriter::open_list(std::string_view key) {
  put_key(key);
  out_ += '[';
  closers_.push_back(']');
  first_ = true;
}

void JsonWriter::close() {
  LEAFNATS_ASSERT(!closers_.empty());
  out_ += closers_.back();
  closers_.pop_back();
  first_ = false;
}

void JsonWriter::add(std::string_view key, std::string_view value) {
  put_key(key);
  append_json_string(out_, value);
}

void JsonWriter::add(std::string_view key, double value) {
  put_key(key);
  out_ += fmt::format("{}", value);
}

void JsonWriter::add(std::string_view key, const std::vector<std::string>& values) {
  open_list(key);
  for (const std::string& value : values) item(value);
  close();
}

void JsonWriter::add_null(std::string_view key) {
  put_key(key);
  out_ += "null";
}

void JsonWriter::add_json(std::string_view key, std::string_view json) {
  put_key(key);
  out_ += json;
}

void JsonWriter::item(std::string_view value) {
  separate();
  append_json_string(out_, value);
}

void JsonWriter::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

void JsonWriter::put_key(std::string_view key) {
  separate();
  append_json_string(out_, key);
  out_ += ':';
}

}  // namespace leafnats::wire
