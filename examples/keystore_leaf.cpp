// SPDX-License-Identifier: Apache-2.0
//
// A leaf node whose key never leaves the host's keystore. The hub sends a nonce, the leaf asks the
// keystore to sign it, and the keystore takes its time, as one would that waits for a person or a
// chip. What stands here for the keystore holds a key from a file; put a TPM, an HSM or a system
// service in its place.
//
//   keystore_leaf nats-leaf://hub:7422 user.jwt user.key
//
// user.jwt is the token that the hub's operator gave out, user.key the 32 bytes of its key. The
// leaf answers requests to `keystore.ping` until its standard input ends.

#include <leafnats/server.hpp>

#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using leafnats::Errc;
using leafnats::Error;
using leafnats::Result;

std::optional<std::string> read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class Keystore {
 public:
  explicit Keystore(const std::string& key)
      : key_(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(key), key.size()),
             EVP_PKEY_free) {}

  [[nodiscard]] bool has_key() const { return key_ != nullptr; }

  /// Blocks until it is done: the leaf calls it on a thread that has nothing else to do.
  Result<std::array<std::byte, 64>> sign(std::span<const std::byte> nonce) const {
    wait_for_pin();
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                     EVP_MD_CTX_free);
    std::array<std::byte, 64> signature{};
    std::size_t size = signature.size();
    const bool is_signed =
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       reinterpret_cast<const unsigned char*>(nonce.data()), nonce.size()) == 1;
    if (!is_signed) return Error{Errc::authorization, "the keystore does not sign"};
    return signature;
  }

 private:
  /// Somebody has to find the keypad first.
  static void wait_for_pin() {
    std::promise<void> never;
    never.get_future().wait_for(300ms);
  }

  static const unsigned char* bytes_of(const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
};

void report(const leafnats::Event& event) {
  std::printf("%s %s %s\n", std::string(to_string(event.kind)).c_str(),
              std::string(event.endpoint).c_str(), std::string(event.reason).c_str());
  std::fflush(stdout);
}

int fail(const char* what, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", what, why.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return fail("usage", "keystore_leaf URL JWT-FILE KEY-FILE");
  const auto jwt = read_file(argv[2]);
  const Keystore keystore(read_file(argv[3]).value_or(""));
  if (!jwt) return fail(argv[2], "cannot be read");
  if (!keystore.has_key()) return fail(argv[3], "is no key of 32 bytes");

  leafnats::RemoteLeafOpts hub;
  hub.urls = {argv[1]};
  hub.signature_cb = [&](std::span<const std::byte> nonce) -> Result<leafnats::Signature> {
    auto signature = keystore.sign(nonce);
    if (!signature) return signature.error();  // the leaf says so and tries again later
    return leafnats::Signature{*jwt, {}, *signature};
  };
  leafnats::Options options;
  options.server_name = "keystore-leaf";
  options.leaf.remotes = {hub};
  options.on_event = report;

  leafnats::Server leaf(options);
  if (auto started = leaf.start(); !started) return fail("start", started.error().message());
  leafnats::Client client = leaf.connect();
  const auto answers = client.subscribe("keystore.ping", [](const leafnats::Message& question) {
    if (auto sent = question.respond("signed by a keystore"); !sent) {
      fail("answer", sent.error().message());
    }
  });
  if (!answers) return fail("subscribe", answers.error().message());
  while (std::getchar() != EOF) {
  }
  return 0;
}
