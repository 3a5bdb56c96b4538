// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target without libFuzzer, for the smoke test of any compiler:
//
//   fuzz_NAME_smoke [--seconds S | --run N] [--dictionary FILE] SEEDS_FOLDER
//
// Every seed is replayed, then mutations of them until the time is up. There is no feedback from
// coverage. An input depends on its run number alone, so a failure names the number that repeats
// it (--run N), and leaves the input behind as a file.

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t input_bytes_max = 4096;
constexpr char crash_file[] = "fuzz-crash-input";

struct Settings {
  double seconds = 1;
  std::optional<std::uint64_t> run;
  std::string dictionary;
  std::string seeds;
};

/// What a run is made from.
struct Material {
  std::vector<std::string> seeds;
  std::vector<std::string> words;
};

/// What the crash handler reports. Plain globals: a signal handler may touch nothing else.
volatile std::uint64_t current_run = 0;
const char* current_data = nullptr;
std::size_t current_size = 0;

/// splitmix64: any run number is as good a start as another.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::size_t below(std::size_t bound) {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t mixed = (state_ ^ (state_ >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return static_cast<std::size_t>((mixed ^ (mixed >> 31)) % bound);
  }

  char byte() { return static_cast<char>(below(256)); }

 private:
  std::uint64_t state_;
};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(2);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// One `name="value"` of a libFuzzer dictionary, with \\, \" and \xNN undone.
std::string unquoted(std::string_view quoted) {
  std::string word;
  for (std::size_t at = 0; at < quoted.size(); ++at) {
    if (quoted[at] != '\\' || at + 1 == quoted.size()) {
      word += quoted[at];
    } else if (quoted[++at] != 'x') {
      word += quoted[at];
    } else {
      unsigned value = 0;
      const char* digits = quoted.data() + at + 1;
      const char* end = std::min(digits + 2, quoted.data() + quoted.size());
      at += static_cast<std::size_t>(std::from_chars(digits, end, value, 16).ptr - digits);
      word += static_cast<char>(value);
    }
  }
  return word;
}

std::vector<std::string> read_dictionary(const std::string& path) {
  std::vector<std::string> words;
  std::ifstream file(path);
  if (!file) fail("cannot read " + path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t open = line.find('"');
    const std::size_t close = line.rfind('"');
    if (line.starts_with('#') || open == line.npos || close == open) continue;
    words.push_back(unquoted(std::string_view(line).substr(open + 1, close - open - 1)));
  }
  return words;
}

Material read_material(const Settings& settings) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(settings.seeds)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());  // run numbers must mean the same on each file system
  Material material;
  for (const auto& path : paths) material.seeds.push_back(read_file(path));
  if (material.seeds.empty()) fail("no seeds in " + settings.seeds);
  if (!settings.dictionary.empty()) material.words = read_dictionary(settings.dictionary);
  return material;
}

void mutate_once(std::string& input, const Material& material, Random& random) {
  const std::size_t at = random.below(input.size() + 1);
  const std::size_t length = random.below(std::min<std::size_t>(input.size() - at, 32) + 1);
  switch (random.below(material.words.empty() ? 6 : 8)) {
    case 0:
      input.erase(at, length);
      break;
    case 1:
      input.insert(at, 1, random.byte());
      break;
    case 2:
      if (at < input.size()) input[at] = random.byte();
      break;
    case 3:
      if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << random.below(8)));
      break;
    case 4:
      input.insert(random.below(input.size() + 1), input.substr(at, length));
      break;
    case 5: {
      const std::string& other = material.seeds[random.below(material.seeds.size())];
      input.insert(at, other, random.below(other.size() + 1), 1 + random.below(64));
      break;
    }
    default:
      input.insert(at, material.words[random.below(material.words.size())]);
  }
  if (input.size() > input_bytes_max) input.resize(input_bytes_max);
}

/// The first runs are the seeds as they are.
std::string input_of(std::uint64_t run, const Material& material) {
  if (run < material.seeds.size()) return material.seeds[run];
  Random random(run);
  std::string input = material.seeds[random.below(material.seeds.size())];
  for (std::size_t left = 1 + random.below(8); left != 0; --left) {
    mutate_once(input, material, random);
  }
  return input;
}

void execute(std::uint64_t run, const Material& material) {
  const std::string input = input_of(run, material);
  current_run = run;
  current_data = input.data();
  current_size = input.size();
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

extern "C" void on_crash(int number) {
  char text[96];
  char* end = std::copy_n("fuzz target failed; repeat it with --run ", 41, text);
  end = std::to_chars(end, text + 80, current_run).ptr;
  *end++ = '\n';
  if (write(STDERR_FILENO, text, static_cast<std::size_t>(end - text)) < 0) _exit(3);
  const int file = open(crash_file, O_CREAT | O_TRUNC | O_WRONLY, 0644);
  if (file < 0 || write(file, current_data, current_size) < 0) _exit(3);
  signal(number, SIG_DFL);
  raise(number);
}

Settings parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (!name.starts_with("--")) {
      settings.seeds = name;
      continue;
    }
    if (++i == argc) fail("no value for " + std::string(name));
    if (name == "--seconds") settings.seconds = std::atof(argv[i]);
    else if (name == "--run") settings.run = std::strtoull(argv[i], nullptr, 10);
    else if (name == "--dictionary") settings.dictionary = argv[i];
    else fail("unknown option " + std::string(name));
  }
  if (settings.seeds.empty()) fail("no folder of seeds given");
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = parse(argc, argv);
  const Material material = read_material(settings);
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) signal(number, on_crash);
  if (settings.run) {
    execute(*settings.run, material);
    return 0;
  }
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(settings.seconds);
  std::uint64_t run = 0;
  while (run < material.seeds.size() || Clock::now() < end) execute(run++, material);
  std::printf("%zu seeds, %llu inputs\n", material.seeds.size(),
              static_cast<unsigned long long>(run));
  return 0;
}
