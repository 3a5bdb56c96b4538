// SPDX-License-Identifier: Apache-2.0
//
// The project's codecs on the command line, for tests and bench to set beside Go's (go/main.go
// has the same commands). A file of batches is a sequence of 4-byte little-endian lengths, each
// followed by as many bytes; a stream is what the wire would carry.
//
//   corpora FOLDER SOURCES      writes the corpora as files of batches
//   encode LEVEL BATCHES STREAM
//   decode STREAM PLAIN
//   bench LEVEL BATCHES         prints: plain bytes, stream bytes, seconds of CPU to encode one
//                               pass, seconds to decode it

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "corpora.hpp"
#include "wire/s2_filter.hpp"
#include "wire/zstd_filter.hpp"

namespace {

using namespace leafnats;

class StringSink final : public wire::ByteSink {
 public:
  char* reserve(std::size_t bytes) override {
    if (bytes_.size() < size_ + bytes) bytes_.resize(std::max(2 * bytes_.size(), size_ + bytes));
    return bytes_.data() + size_;
  }
  void commit(std::size_t bytes) override { size_ += bytes; }
  void append(std::string_view bytes) override {
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  void clear() { size_ = 0; }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::string bytes_;
  std::size_t size_ = 0;
};

std::unique_ptr<wire::StreamFilter> make_filter(std::string_view level) {
  using wire::S2Level;
  constexpr std::pair<std::string_view, S2Level> levels[] = {
      {"uncompressed", S2Level::uncompressed},
      {"fast", S2Level::fast},
      {"better", S2Level::better},
      {"best", S2Level::best},
  };
  for (const auto& [name, value] : levels) {
    if (name == level) return std::make_unique<wire::S2Filter>(value);
  }
  if constexpr (wire::has_zstd) {
    if (level == "zstd") return std::make_unique<wire::ZstdFilter>(wire::ZstdSettings{});
  }
  return nullptr;
}

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool write_file(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  return static_cast<bool>(file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())));
}

std::vector<std::string> read_batches(const char* path) {
  const std::string bytes = read_file(path);
  std::vector<std::string> batches;
  for (std::size_t at = 0; at + 4 <= bytes.size();) {
    const std::size_t size = wire::s2::read_little(bytes.data() + at, 4);
    batches.push_back(bytes.substr(at + 4, size));
    at += 4 + size;
  }
  return batches;
}

int write_corpora(const std::string& folder, const std::string& sources) {
  for (const codec::Corpus& corpus : codec::make_corpora(sources)) {
    std::string bytes;
    for (const std::string& batch : corpus.batches) {
      std::array<char, 4> size;
      wire::s2::write_little(size.data(), static_cast<std::uint32_t>(batch.size()), 4);
      bytes.append(size.data(), size.size()).append(batch);
    }
    if (!write_file(folder + "/" + corpus.name, bytes)) return 1;
  }
  return 0;
}

void encode(wire::StreamFilter& filter, const std::vector<std::string>& batches, StringSink& out) {
  for (const std::string& batch : batches) {
    filter.encode(batch, out);
    filter.flush(out);
  }
}

/// False if the stream is broken.
bool decode(wire::StreamFilter& filter, std::string_view stream, std::string* plain) {
  std::vector<char> space(64 * 1024);
  for (;;) {
    const std::size_t made = filter.decode(stream, space);
    if (plain != nullptr) plain->append(space.data(), made);
    if (filter.state() != wire::StreamFilter::State::open) {
      std::fprintf(stderr, "%s\n", std::string(filter.error()).c_str());
      return false;
    }
    if (made < space.size()) return true;
  }
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// The quickest of several passes.
template <class Pass>
double measure(Pass pass) {
  double best = 1e9;
  double spent = 0;
  for (int i = 0; i < 3 || (spent < 0.4 && i < 1000); ++i) {
    const double begin = cpu_seconds();
    pass();
    const double took = cpu_seconds() - begin;
    best = std::min(best, took);
    spent += took;
  }
  return best;
}

int bench(std::string_view level, const char* path) {
  const std::vector<std::string> batches = read_batches(path);
  std::size_t plain = 0;
  for (const std::string& batch : batches) plain += batch.size();
  StringSink out;
  const double encoding = measure([&] {
    out.clear();
    encode(*make_filter(level), batches, out);
  });
  bool intact = true;
  const double decoding =
      measure([&] { intact = decode(*make_filter(level), out.view(), nullptr) && intact; });
  std::printf("%zu %zu %.9f %.9f\n", plain, out.view().size(), encoding, decoding);
  return intact ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  const std::string verb = words.empty() ? "" : words[0];
  if (verb == "corpora" && words.size() == 3) return write_corpora(words[1], words[2]);
  if (verb == "encode" && words.size() == 4 && make_filter(words[1])) {
    StringSink out;
    encode(*make_filter(words[1]), read_batches(arguments[3]), out);
    return write_file(words[3], out.view()) ? 0 : 1;
  }
  if (verb == "decode" && words.size() == 3) {
    std::string plain;
    const bool intact = decode(*make_filter("fast"), read_file(arguments[2]), &plain);
    return intact && write_file(words[2], plain) ? 0 : 1;
  }
  if (verb == "bench" && words.size() == 3 && make_filter(words[1])) {
    return bench(words[1], arguments[3]);
  }
  std::fprintf(stderr, "usage: see the head of codec.cpp\n");
  return 2;
}
