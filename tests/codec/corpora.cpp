// SPDX-License-Identifier: Apache-2.0

#include "corpora.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <fmt/format.h>

namespace leafnats::codec {

namespace {

constexpr std::size_t corpus_bytes = 2 * 1024 * 1024;
constexpr std::size_t large_batch_bytes = 256 * 1024;

/// A number that belongs to `index` and `salt`, without the differences between libraries'
/// distributions.
std::uint64_t draw(std::uint64_t index, std::uint64_t salt) {
  std::uint64_t value = index * 0x9e3779b97f4a7c15 + salt * 0xd1b54a32d192ed03 + 1;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

std::vector<std::string> cut(const std::string& bytes, std::size_t size) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < bytes.size(); at += size) pieces.push_back(bytes.substr(at, size));
  return pieces;
}

std::vector<std::string> telemetry(std::size_t frames_a_batch, std::size_t batches) {
  std::vector<std::string> result;
  unsigned index = 0;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    std::string bytes;
    for (std::size_t i = 0; i < frames_a_batch; ++i) bytes += telemetry_frame(index++);
    result.push_back(std::move(bytes));
  }
  return result;
}

std::string text(const std::string& sources) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(sources)) {
    const auto extension = entry.path().extension();
    if (extension == ".cpp" || extension == ".hpp" || extension == ".md") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::string all;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    all.append(std::istreambuf_iterator<char>(file), {});
  }
  return all.substr(0, corpus_bytes);
}

std::string logs() {
  constexpr const char* events[] = {
      "Client connection created",
      "Client connection closed: Client Closed",
      "Slow Consumer Detected: WriteDeadline of 10s exceeded",
      "Leafnode connection created for account: $G",
      "Authentication Violation",
      "Processing heartbeat of unit",
      "Subscription 'plant.line.sensor' added",
  };
  std::string all;
  for (std::uint64_t i = 0; all.size() < corpus_bytes; ++i) {
    const std::uint64_t value = draw(i, 7);
    all += fmt::format(
        "[4711] 2026/03/{:02}/{:02}:{:02}:{:02}.{:06} [{}] 10.0.{}.{}:{} - cid:{} - {}\n",
        1 + i / 9000, i / 600 % 24, i / 10 % 60, i % 60, value % 1'000'000,
        value % 11 == 0 ? "ERR" : "INF", value >> 20 & 3, value >> 24 & 0xff,
        1024 + (value >> 32) % 60000, i / 3, events[(value >> 48) % 7]);
  }
  return all;
}

std::string noise(std::size_t bytes, std::uint64_t salt) {
  std::string all;
  for (std::uint64_t i = 0; all.size() < bytes; ++i) {
    const std::uint64_t value = draw(i, salt);
    for (int byte = 0; byte < 8; ++byte) all += static_cast<char>(value >> (8 * byte));
  }
  return all.substr(0, bytes);
}

/// What a link carries that has everything: frames, text, samples, images.
std::string mixed(const std::string& words) {
  std::string all;
  for (unsigned i = 0; all.size() < corpus_bytes; ++i) {
    const std::size_t size = 64 + draw(i, 3) % 6000;
    all += fmt::format("LMSG mixed.{} {}\r\n", i % 17, size);
    switch (draw(i, 4) % 4) {
      case 0: all += noise(size, i); break;
      case 1: all += words.substr(draw(i, 5) % (words.size() - size), size); break;
      case 2:
        for (std::size_t at = 0; at < size; at += 4) {
          const auto sample = static_cast<std::int32_t>(20000 + at * 3 + draw(at, i) % 64);
          for (int byte = 0; byte < 4; ++byte) all += static_cast<char>(sample >> (8 * byte));
        }
        break;
      default:
        for (unsigned k = 0; k < size / 178; ++k) all += telemetry_frame(i * 31 + k);
    }
    all += "\r\n";
  }
  return all.substr(0, corpus_bytes);
}

}  // namespace

std::string telemetry_frame(unsigned index) {
  const std::uint64_t value = draw(index, 1);
  const std::string body =
      fmt::format(R"({{"id":"pump-{:04}","ts":{},"seq":{},"temp":{}.{:02},"pressure":{}.{:03},)"
                  R"("rpm":{},"state":"{}","alarm":{},"site":"north-2"}})",
                  draw(index, 2) % 40, 1'767'225'600'000 + std::uint64_t{index} * 25 + value % 20,
                  100'000 + index, 20 + value % 9, value >> 8 & 63, 3 + (value >> 16) % 3,
                  (value >> 20) % 1000, 1450 + (value >> 32) % 60,
                  (value >> 40) % 16 == 0 ? "starting" : "running", (value >> 44) % 32 == 0);
  return fmt::format("LMSG plant.line4.pump.telemetry {}\r\n{}\r\n", body.size(), body);
}

std::vector<Corpus> make_corpora(const std::string& sources) {
  const std::string words = text(sources);
  std::vector<Corpus> corpora;
  corpora.push_back({"telemetry-1", telemetry(1, 4000)});
  corpora.push_back({"telemetry-64", telemetry(64, 200)});
  corpora.push_back({"telemetry-256k", telemetry(large_batch_bytes / 178, 8)});
  corpora.push_back({"text-16k", cut(words, 16 * 1024)});
  corpora.push_back({"text-256k", cut(words, large_batch_bytes)});
  corpora.push_back({"logs-64k", cut(logs(), 64 * 1024)});
  corpora.push_back({"random-64k", cut(noise(corpus_bytes, 9), 64 * 1024)});
  const std::string everything = mixed(words);
  corpora.push_back({"mixed-64k", cut(everything, 64 * 1024)});
  corpora.push_back({"mixed-1m", cut(everything, 1024 * 1024)});
  return corpora;
}

}  // namespace leafnats::codec
