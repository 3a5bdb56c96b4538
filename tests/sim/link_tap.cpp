// SPDX-License-Identifier: Apache-2.0
//
// Reading LS+, LS-, LMSG and HMSG in the plainest way.

#include "link_tap.hpp"

#include "broker/loop_mark.hpp"

#include "message_text.hpp"
#include "wire/s2_filter.hpp"
#include "wire/zstd_filter.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace leafnats::sim {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    words.push_back(word);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return words;
}

/// S2 begins with a chunk that names it, type 0xff; what else there is is zstd.
std::unique_ptr<wire::StreamFilter> make_decoder(char first) {
  if (first == '\xff') return std::make_unique<wire::S2Filter>(wire::S2Level::fast);
  if constexpr (wire::has_zstd) {
    wire::ZstdSettings settings;
    settings.window_log = 21;  // the largest that may be agreed on
    return std::make_unique<wire::ZstdFilter>(settings);
  } else {
    return std::make_unique<wire::S2Filter>(wire::S2Level::fast);
  }
}

}  // namespace

void LinkTap::feed(std::string_view bytes) {
  if (compressed_) {
    decode(bytes);
  } else {
    buffer_.append(bytes);
  }
  while (take_line()) {
    if (compressed_ && filter_ == nullptr) unfold_rest();
  }
  buffer_.erase(0, begin_);
  begin_ = 0;
}

/// The line that said so was read, and this came behind it in the same piece.
void LinkTap::unfold_rest() {
  const std::string rest = buffer_.substr(begin_);
  buffer_.erase(begin_);
  decode(rest);
}

void LinkTap::decode(std::string_view bytes) {
  if (bytes.empty()) return;
  if (filter_ == nullptr) filter_ = make_decoder(bytes.front());
  std::array<char, 4096> plain;
  std::size_t size = 0;
  do {
    size = filter_->decode(bytes, plain);
    buffer_.append(plain.data(), size);
  } while (size == plain.size() ||
           (!bytes.empty() && filter_->state() == wire::StreamFilter::State::open));
  if (filter_->state() != wire::StreamFilter::State::failed) return;
  checker_.fail("compression", fmt::format("s{} to s{}: {}", from_, to_, filter_->error()));
}

bool LinkTap::take_line() {
  const std::size_t end = buffer_.find("\r\n", begin_);
  if (end == buffer_.npos) return false;
  const std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
  const std::string_view verb = line.substr(0, line.find(' '));
  const std::string_view arguments = line.substr(std::min(line.size(), verb.size() + 1));
  if (verb == "LMSG" || verb == "HMSG") {
    const std::size_t size = number_of(arguments.substr(arguments.rfind(' ') + 1)).value_or(0);
    if (buffer_.size() < end + 2 + size + 2) return false;
    take_message(arguments, std::string_view(buffer_).substr(end + 2, size),
                 verb == "HMSG" ? 2 : 1);
    begin_ = end + 2 + size + 2;
    return true;
  }
  if (verb == "LS+" || verb == "LS-") take_interest(line);
  if (verb == "-ERR") on_error(line);
  if (verb == "INFO" && on_info) on_info();
  begin_ = end + 2;
  return true;
}

void LinkTap::take_interest(std::string_view line) {
  const std::vector<std::string_view> words = split(line);
  const std::pair<std::string, std::string> key{words.at(1), words.size() > 2 ? words[2] : ""};
  if (words[0] == "LS-") {
    if (interest_.erase(key) == 0) checker_.fail("LS- without LS+", line);
  } else {
    const std::int64_t members = words.size() > 3 ? number_of(words[3]).value_or(0) : 1;
    const auto [known, fresh] = interest_.try_emplace(key, members);
    if (!fresh && key.second.empty()) checker_.fail("LS+ twice", line);
    known->second = members;
  }
}

Checker::Interest LinkTap::interest() const {
  Checker::Interest interest;
  for (const auto& [key, members] : interest_) {
    // Marks of one server differ from link to link; at rest a link knows one of each server.
    const bool mark = key.first.starts_with("$LDS.");
    const std::size_t size = key.first.size() - (mark ? broker::loop_mark_code_size : 0);
    interest[{key.first.substr(0, size), key.second}] += members;
  }
  return interest;
}

void LinkTap::take_message(std::string_view arguments, std::string_view body, std::size_t sizes) {
  std::vector<std::string_view> words = split(arguments);
  if (words.size() < 1 + sizes) {
    checker_.fail("malformed on a leaf link", arguments);
    return;
  }
  if (sizes == 2) body.remove_prefix(number_of(words[words.size() - 2]).value_or(0));
  words.resize(words.size() - sizes);
  std::string_view reply;
  std::string queues;
  if (words.size() > 2) {
    const std::size_t first_queue = words[1] == "+" ? 3 : 2;
    if (words[1] == "+") reply = words[2];
    for (std::size_t i = first_queue; i < words.size(); ++i) {
      queues.append(queues.empty() ? "" : " ").append(words[i]);
    }
  } else if (words.size() == 2) {
    reply = words[1];
  }
  checker_.on_link_message(from_, to_, words[0], queues,
                           id_of(reply, body).value_or(never_published), crossed_);
}

}  // namespace leafnats::sim
