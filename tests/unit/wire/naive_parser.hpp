// SPDX-License-Identifier: Apache-2.0
//
// The parser once more, as plainly as possible: whole strings, no state between calls, no masks,
// no resuming. It is the oracle that the real one is compared with.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unit/wire/op_text.hpp"

namespace leafnats::wire::test {

class NaiveParser {
 public:
  NaiveParser(Dialect dialect, ParserLimits limits) : dialect_(dialect), limits_(limits) {}

  Transcript parse(std::string stream) {
    rest_ = std::move(stream);
    while (one_operation()) {
    }
    return transcript_;
  }

 private:
  using Words = std::vector<std::string>;

  struct NamedVerb {
    std::string name;
    bool needs_blank;
  };

  std::vector<NamedVerb> verbs() const {
    std::vector<NamedVerb> all{{"ping", false},    {"pong", false}, {"connect", false},
                               {"info", false},    {"+ok", false},  {"-err", true}};
    const std::vector<std::string> more =
        dialect_ == Dialect::client ? std::vector<std::string>{"pub", "hpub", "sub", "unsub"}
                                    : std::vector<std::string>{"lmsg", "hmsg", "ls+", "ls-"};
    for (const std::string& name : more) all.push_back({name, true});
    return all;
  }

  static std::string lowered(std::string text) {
    for (char& byte : text) {
      if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
    }
    return text;
  }

  static Words split(const std::string& text) {
    Words words{""};
    for (const char byte : text) {
      if (byte != ' ' && byte != '\t' && byte != '\r') {
        words.back() += byte;
      } else if (!words.back().empty()) {
        words.emplace_back();
      }
    }
    if (words.back().empty()) words.pop_back();
    return words;
  }

  static long long size_of(const std::string& digits) {
    if (digits.empty() || digits.size() > 9) return -1;
    if (digits.find_first_not_of("0123456789") != digits.npos) return -1;
    return std::stoll(digits);
  }

  bool fail(Fault fault) {
    transcript_.end = "fault: " + fault_text(fault);
    return false;
  }

  bool wait() {
    transcript_.end = "rest: " + rest_;
    return false;
  }

  bool done(std::string text, std::size_t bytes) {
    transcript_.ops.push_back(std::move(text));
    rest_.erase(0, bytes);
    return true;
  }

  bool one_operation() {
    const std::size_t line_end = rest_.find('\n');
    const bool whole = line_end != rest_.npos;
    const std::string line = whole ? rest_.substr(0, line_end + 1) : rest_;
    bool possible = false;
    for (const NamedVerb& verb : verbs()) {
      const std::string start = lowered(line.substr(0, verb.name.size()));
      const bool more = line.size() > verb.name.size();
      if (start == verb.name && (more || !verb.needs_blank)) {
        const char next = more ? line[verb.name.size()] : '\0';
        const bool blank = next == ' ' || next == '\t';
        if (verb.needs_blank && !blank) continue;
        return arguments(verb.name, line.substr(verb.name.size() + (blank ? 1 : 0)), whole,
                         line.size());
      }
      possible = possible || (line.size() <= verb.name.size() &&
                              start == verb.name.substr(0, line.size()));
    }
    return possible ? wait() : fail(Fault::unknown_operation);
  }

  bool arguments(const std::string& verb, std::string text, bool whole, std::size_t line_bytes) {
    if (whole) text.pop_back();
    if (!text.empty() && text.back() == '\r') text.pop_back();
    if (text.size() > limits_.max_control_line) return fail(Fault::control_line_too_long);
    if (!whole) return wait();
    if (verb == "ping") return done("PING", line_bytes);
    if (verb == "pong") return done("PONG", line_bytes);
    if (verb == "+ok") return done("+OK", line_bytes);
    if (verb == "connect" || verb == "info" || verb == "-err") return json(verb, text, line_bytes);
    if (verb == "pub" || verb == "hpub") return message(verb, split(text), line_bytes);
    if (verb == "lmsg" || verb == "hmsg") return message(verb, split(text), line_bytes);
    return interest(verb, text, line_bytes);
  }

  bool json(const std::string& verb, const std::string& text, std::size_t line_bytes) {
    const std::size_t start = text.find_first_not_of(" \t");
    const std::string trimmed = start == text.npos ? "" : text.substr(start);
    const std::string name = verb == "info" ? "INFO" : verb == "-err" ? "-ERR" : "CONNECT";
    return done(name + " text=[" + trimmed + "]", line_bytes);
  }

  bool interest(const std::string& verb, const std::string& text, std::size_t line_bytes) {
    const Words words = split(text);
    const std::size_t count = words.size();
    const auto number = [](const std::string& digits) {
      return " number=" + std::to_string(std::max(size_of(digits), 0LL));
    };
    if (verb == "sub" && (count == 2 || count == 3)) {
      const std::string queue = count == 3 ? words[1] : "";
      return done("SUB" + quoted("subject", words[0]) + quoted("queue", queue) +
                      quoted("sid", words.back()),
                  line_bytes);
    }
    if (verb == "unsub" && (count == 1 || count == 2)) {
      return done("UNSUB" + quoted("sid", words[0]) + number(count == 2 ? words[1] : ""),
                  line_bytes);
    }
    if (verb == "ls+" && (count == 1 || count == 3)) {
      const std::string queue = count == 3 ? words[1] : "";
      return done("LS+" + quoted("subject", words[0]) + quoted("queue", queue) +
                      number(count == 3 ? words[2] : ""),
                  line_bytes);
    }
    if (verb == "ls-" && count >= 1) {
      std::string queue = text.substr(text.find(words[0]) + words[0].size());
      while (!queue.empty() && split(queue.substr(0, 1)).empty()) queue.erase(0, 1);
      while (!queue.empty() && split(queue.substr(queue.size() - 1)).empty()) queue.pop_back();
      return done("LS-" + quoted("subject", words[0]) + quoted("queue", queue), line_bytes);
    }
    return fail(Fault::bad_arguments);
  }

  bool message(const std::string& verb, Words words, std::size_t line_bytes) {
    const bool leaf = verb == "lmsg" || verb == "hmsg";
    const bool headers = verb == "hpub" || verb == "hmsg";
    const std::size_t sizes = headers ? 2 : 1;
    if (words.size() < sizes + 1) return fail(Fault::bad_arguments);
    const std::string size_digits = words.back();
    const std::string header_digits = headers ? words[words.size() - 2] : "";
    words.resize(words.size() - sizes);

    const std::string subject = words[0];
    std::string reply = words.size() == 2 ? words[1] : "";
    std::string queues;
    if (words.size() > 2) {
      if (!leaf || (words[1] != "+" && words[1] != "|")) return fail(Fault::bad_arguments);
      if (words[1] == "+") reply = words[2];
      for (std::size_t i = words[1] == "+" ? 3 : 2; i < words.size(); ++i) {
        queues += "[" + words[i] + "]";
      }
    }
    const long long size = size_of(size_digits);
    const long long header_size = headers ? size_of(header_digits) : 0;
    if (size < 0 || header_size < 0 || header_size > size) return fail(Fault::bad_arguments);
    if (static_cast<std::size_t>(size) > limits_.max_payload) return fail(Fault::payload_too_large);

    const std::size_t body_bytes = static_cast<std::size_t>(size);
    if (rest_.size() < line_bytes + body_bytes + 2) return wait();
    const std::string body = rest_.substr(line_bytes, body_bytes);
    if (rest_.substr(line_bytes + body_bytes, 2) != "\r\n") {
      return fail(Fault::payload_not_terminated);
    }
    std::string name = verb;
    for (char& letter : name) letter = static_cast<char>(letter - 'a' + 'A');
    return done(name + quoted("subject", subject) + quoted("reply", reply) +
                    (leaf ? " queues=" + queues : "") + quoted("headers", header_digits) + "=" +
                    std::to_string(header_size) + quoted("size", size_digits) +
                    quoted("body", body),
                line_bytes + body.size() + 2);
  }

  Dialect dialect_;
  ParserLimits limits_;
  std::string rest_;
  Transcript transcript_;
};

}  // namespace leafnats::wire::test
