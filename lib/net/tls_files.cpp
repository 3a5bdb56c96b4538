// SPDX-License-Identifier: Apache-2.0
//
// Reading, and noticing changes.

#include "net/tls_files.hpp"

#include "base/limits.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace leafnats::net {
namespace {

constexpr std::chrono::seconds look_interval{1};

/// Where systems keep the certificates that they trust, the commonest first.
constexpr const char* root_files[] = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Alpine, OpenWrt, Yocto
    "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",                             // SUSE
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // CentOS
    "/etc/ssl/cert.pem",                                  // Alpine, BSD, macOS
};

std::string system_roots() {
  struct stat status {};
  for (const char* path : root_files) {
    if (::stat(path, &status) == 0 && S_ISREG(status.st_mode)) return path;
  }
  return {};
}

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Errc::io_error, "open " + path + ": " + std::strerror(errno)};
  std::string text(limits::tls_pem_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return Error{Errc::io_error, "read " + path + ": " + std::strerror(errno)};
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::vector<TlsKeyPair> key_pairs(const TlsOptions& options) {
  if (!options.certs.empty()) return options.certs;
  if (options.cert_file.empty()) return {};
  return {{options.cert_file, options.key_file}};
}

}  // namespace

TlsFiles::TlsFiles(std::string name, wire::TlsRole role, TlsOptions options, Log log)
    : name_(std::move(name)), role_(role), options_(std::move(options)), log_(std::move(log)) {
  for (const TlsKeyPair& pair : key_pairs(options_)) {
    paths_.push_back(pair.cert_file);
    paths_.push_back(pair.key_file);
  }
  if (wire::verifies_peers(role_, options_)) {
    paths_.push_back(options_.ca_file.empty() ? system_roots() : options_.ca_file);
  }
}

TlsFiles::Stamps TlsFiles::look() const {
  Stamps stamps;
  for (const std::string& path : paths_) {
    struct stat status {};
    Stamp& stamp = stamps.emplace_back();
    if (::stat(path.c_str(), &status) != 0) continue;
    stamp = {std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
             static_cast<std::int64_t>(status.st_size),
             static_cast<std::uint64_t>(status.st_ino)};
  }
  return stamps;
}

Result<std::shared_ptr<const wire::TlsContext>> TlsFiles::read() const {
  wire::TlsMaterial material;
  for (const TlsKeyPair& pair : key_pairs(options_)) {
    auto certificate = read_file(pair.cert_file);
    if (!certificate) return std::move(certificate).error();
    auto key = read_file(pair.key_file);
    if (!key) return std::move(key).error();
    material.key_pairs.push_back({pair.cert_file, std::move(*certificate), std::move(*key)});
  }
  if (wire::verifies_peers(role_, options_)) {
    if (paths_.back().empty()) {
      return Error{Errc::io_error,
                   "this system has no file of trusted certificates in the usual places; install "
                   "ca-certificates or set ca_file"};
    }
    auto trusted = read_file(paths_.back());
    if (!trusted) return std::move(trusted).error();
    material.trusted_name = paths_.back();
    material.trusted = std::move(*trusted);
    material.announce_trusted = !options_.ca_file.empty();
  }
  return wire::TlsContext::make(role_, options_, material);
}

Result<void> TlsFiles::load_locked() {
  looked_at_ = std::chrono::steady_clock::now();
  stamps_ = look();
  auto made = read();
  if (!made) return Error{made.error().code, name_ + ": tls: " + made.error().message()};
  context_ = std::move(*made);
  return {};
}

Result<void> TlsFiles::load() {
  const std::lock_guard lock(mutex_);
  return load_locked();
}

Result<std::shared_ptr<const wire::TlsContext>> TlsFiles::current() {
  const std::lock_guard lock(mutex_);
  if (!context_) {
    if (auto loaded = load_locked(); !loaded) return std::move(loaded).error();
    return context_;
  }
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_at_ < look_interval) return context_;
  looked_at_ = now;
  if (look() == stamps_) return context_;
  if (auto loaded = load_locked(); loaded) {
    log_(LogLevel::info, name_ + ": tls: changed files are in use for new connections");
  } else {
    log_(LogLevel::error, loaded.error().message() + "; what was read before stays in use");
  }
  return context_;
}

ListenerTls::ListenerTls(broker::Context& context)
    : rate_limit_(context.options.tls ? context.options.tls->connection_rate_limit : 0) {
  const auto log = [&context](LogLevel level, const std::string& line) {
    context.log(level, line);
  };
  const Options& options = context.options;
  if (options.tls && !options.client_listen.empty()) {
    client_ = std::make_unique<TlsFiles>("client listener", wire::TlsRole::server, *options.tls,
                                         log);
  }
  if (options.leaf.tls && !options.leaf.listen.empty()) {
    leaf_ = std::make_unique<TlsFiles>("leafnodes", wire::TlsRole::server, *options.leaf.tls, log);
  }
  if (options.websocket && options.websocket->tls) {
    websocket_ = std::make_unique<TlsFiles>("websocket", wire::TlsRole::server,
                                            *options.websocket->tls, log);
  }
}

Result<void> ListenerTls::load() {
  for (TlsFiles* files : {client_.get(), leaf_.get(), websocket_.get()}) {
    if (files == nullptr) continue;
    if (auto loaded = files->load(); !loaded) return loaded;
  }
  return {};
}

std::shared_ptr<const wire::TlsContext> ListenerTls::client_listener() {
  if (!client_) return nullptr;
  auto context = client_->current();
  return context ? *context : nullptr;
}

std::shared_ptr<const wire::TlsContext> ListenerTls::leaf_listener() {
  if (!leaf_) return nullptr;
  auto context = leaf_->current();
  return context ? *context : nullptr;
}

std::shared_ptr<const wire::TlsContext> ListenerTls::websocket_listener() {
  if (!websocket_) return nullptr;
  auto context = websocket_->current();
  return context ? *context : nullptr;
}

bool ListenerTls::admits_client() {
  if (rate_limit_ <= 0) return true;
  const std::lock_guard lock(rate_mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now - second_begin_ >= std::chrono::seconds(1)) {
    second_begin_ = now;
    begun_ = 0;
  }
  return begun_++ < rate_limit_;
}

}  // namespace leafnats::net
