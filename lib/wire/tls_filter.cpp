// SPDX-License-Identifier: Apache-2.0
//
// One end of a TLS connection. The library sees a BIO whose read side is the view that decode()
// was given and whose write side is the sink of the call at hand.

#include "wire/tls_filter.hpp"

#include "base/limits.hpp"
#include "base/printable.hpp"
#include "wire/tls_library.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace leafnats::wire {
namespace {

constexpr std::size_t record_bytes = SSL3_RT_MAX_PLAIN_LENGTH;

/// How many bytes of a peer that speaks something unknown a log line shows.
constexpr std::size_t shown_bytes_max = 16;

PlainPeer classify(std::string_view in) {
  const auto starts = [in](std::string_view word) {
    return in.substr(0, std::min(in.size(), word.size())) == word.substr(0, in.size());
  };
  if (starts("INFO")) return PlainPeer::nats_info;
  if (starts("GET ") || starts("POST ") || starts("HTTP/")) return PlainPeer::http;
  for (const char* verb : {"CONNECT", "PING", "PONG", "PUB", "SUB", "+OK", "-ERR"}) {
    if (starts(verb)) return PlainPeer::nats_client;
  }
  return PlainPeer::other;
}

/// What follows a CONNECT may be a password: no bytes of it are shown.
std::string describe(PlainPeer peer, std::string_view in) {
  switch (peer) {
    case PlainPeer::nats_info: return "the peer speaks NATS without TLS: it sent INFO";
    case PlainPeer::nats_client: return "the peer speaks NATS without TLS";
    case PlainPeer::http: return "the peer speaks HTTP without TLS";
    default: return "the peer does not speak TLS: it sent " + base::printable(in, shown_bytes_max);
  }
}

struct Judgement {
  TlsFault fault;
  std::string text;
};

/// What the verification of a chain has found wrong with one certificate of it.
Judgement judge(int code, X509* certificate, int depth, const std::string& server_name,
                std::int64_t unix_time) {
  const std::string who = std::string(depth == 0 ? "the peer's certificate" : "the issuer") + " '" +
                          base::printable(tls::subject_text(certificate), 128) + "' ";
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {TlsFault::certificate_time, who + tls::validity_problem(certificate, unix_time)};
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: {
      const std::string names = tls::names_text(certificate);
      return {TlsFault::certificate_name,
              who + (names.empty() ? "names no host" : "is for " + names) + ", not for '" +
                  server_name + "'"};
    }
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return {TlsFault::certificate, who + "is signed by none of those we trust (ca_file)"};
    case X509_V_ERR_INVALID_PURPOSE:
      return {TlsFault::certificate, who + "is not meant for this use (extended key usage)"};
    default:
      return {TlsFault::certificate,
              who + "is not accepted: " + X509_verify_cert_error_string(code)};
  }
}

}  // namespace

/// Lends decode()'s view to the library.
class TlsFilter::InputScope {
 public:
  InputScope(TlsFilter& filter, std::string_view& in) : filter_(filter) { filter_.input_ = &in; }
  ~InputScope() { filter_.input_ = nullptr; }
  InputScope(const InputScope&) = delete;
  InputScope& operator=(const InputScope&) = delete;

 private:
  TlsFilter& filter_;
};

/// Lends a sink to the library, once what it said before is in it.
class TlsFilter::SinkScope {
 public:
  SinkScope(TlsFilter& filter, ByteSink& out) : filter_(filter) {
    if (!filter_.output_.empty()) {
      out.append(filter_.output_);
      filter_.output_ = std::string();
    }
    filter_.sink_ = &out;
  }
  ~SinkScope() { filter_.sink_ = nullptr; }
  SinkScope(const SinkScope&) = delete;
  SinkScope& operator=(const SinkScope&) = delete;

 private:
  TlsFilter& filter_;
};

/// What the library calls.
struct TlsCallbacks {
  static TlsFilter& filter_of(const SSL* ssl) {
    return *static_cast<TlsFilter*>(BIO_get_data(SSL_get_rbio(ssl)));
  }

  static int read(BIO* bio, char* out, int size) {
    BIO_clear_retry_flags(bio);
    std::string_view* in = static_cast<TlsFilter*>(BIO_get_data(bio))->input_;
    if (in == nullptr || in->empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t taken = std::min(in->size(), static_cast<std::size_t>(std::max(size, 0)));
    std::memcpy(out, in->data(), taken);
    in->remove_prefix(taken);
    return static_cast<int>(taken);
  }

  static int write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    auto* filter = static_cast<TlsFilter*>(BIO_get_data(bio));
    const std::string_view text(bytes, static_cast<std::size_t>(std::max(size, 0)));
    if (filter->sink_ != nullptr) {
      filter->sink_->append(text);
    } else if (filter->output_.size() + text.size() > limits::tls_unsent_bytes_max) {
      return -1;
    } else {
      filter->output_.append(text);
    }
    return size;
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "leafnats");
      BIO_meth_set_read(method, read);
      BIO_meth_set_write(method, write);
      BIO_meth_set_ctrl(method, control);
      return method;
    }();
    return made;
  }

  static int verify(int accepted, X509_STORE_CTX* store) {
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    X509* certificate = X509_STORE_CTX_get_current_cert(store);
    if (accepted == 1 || ssl == nullptr || certificate == nullptr) return accepted;
    TlsFilter& filter = filter_of(ssl);
    if (filter.certificate_fault_ == TlsFault::none) {
      Judgement found =
          judge(X509_STORE_CTX_get_error(store), certificate, X509_STORE_CTX_get_error_depth(store),
                filter.server_name_, filter.unix_time_);
      filter.certificate_fault_ = found.fault;
      filter.certificate_error_ = std::move(found.text);
    }
    return accepted;
  }

  /// Takes the session over.
  static int session(SSL* ssl, SSL_SESSION* session) {
    filter_of(ssl).ticket_.reset(session, SSL_SESSION_free);
    return 1;
  }
};

void install_tls_callbacks(TlsContext::Body& body) {
  SSL_CTX* context = body.context.get();
  if (body.judges_certificate) {
    const bool server = body.role == TlsRole::server;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       TlsCallbacks::verify);
  } else {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  }
  if (body.role == TlsRole::client) SSL_CTX_sess_set_new_cb(context, TlsCallbacks::session);
}

void TlsFilter::Release::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }

TlsFilter::TlsFilter(std::shared_ptr<const TlsContext> context, std::string server_name,
                     std::int64_t unix_time)
    : context_(std::move(context)), server_name_(std::move(server_name)), unix_time_(unix_time) {}

TlsFilter::~TlsFilter() = default;

std::unique_ptr<TlsFilter> TlsFilter::accept(std::shared_ptr<const TlsContext> context,
                                             std::int64_t unix_time) {
  std::unique_ptr<TlsFilter> filter(new TlsFilter(std::move(context), {}, unix_time));
  filter->create();
  if (filter->state_ == State::opening) SSL_set_accept_state(filter->ssl_.get());
  return filter;
}

std::unique_ptr<TlsFilter> TlsFilter::connect(std::shared_ptr<const TlsContext> context,
                                              std::string server_name, std::int64_t unix_time,
                                              const TlsSession& resume) {
  std::unique_ptr<TlsFilter> filter(
      new TlsFilter(std::move(context), std::move(server_name), unix_time));
  filter->create();
  if (filter->state_ == State::opening) {
    filter->expect_server(resume);
    filter->advance_handshake();  // the hello
  }
  return filter;
}

void TlsFilter::create() {
  ERR_clear_error();
  ssl_.reset(SSL_new(context_->body().context.get()));
  BIO* bio = BIO_new(TlsCallbacks::method());
  if (!ssl_ || bio == nullptr) {
    BIO_free(bio);
    return fail_with_library_error();
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl_.get()), static_cast<time_t>(unix_time_));
#ifdef OPENSSL_IS_BORINGSSL
  SSL_set_shed_handshake_config(ssl_.get(), 1);
#endif
}

void TlsFilter::expect_server(const TlsSession& resume) {
  SSL_set_connect_state(ssl_.get());
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl_.get());
  // As in Go: only the subject's alternative names count, never its CN.
  X509_VERIFY_PARAM_set_hostflags(
      parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  std::string name = server_name_;
  bool usable = true;
  if (tls::is_ip_literal(name)) {
    usable = X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1;
  } else {
    if (!name.empty() && name.back() == '.') name.pop_back();
    usable = !name.empty() && SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) == 1 &&
             X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size()) == 1;
  }
  ERR_clear_error();
  // Insecure, or the name is never asked about: then it need not be one.
  if (!usable && context_->body().judges_certificate) {
    return fail(TlsFault::certificate_name, "'" + server_name_ + "' cannot be a server's name");
  }
  if (resume.ticket && resume.context == context_ && resume.server_name == server_name_) {
    SSL_set_session(ssl_.get(), resume.ticket.get());
    ERR_clear_error();
  }
}

// ---- Reading

bool TlsFilter::looks_like_tls(std::string_view in) {
  if (seen_input_ || in.empty()) return true;
  seen_input_ = true;
  // The content types of TLS records, from change_cipher_spec to application_data.
  if (in.front() >= 0x14 && in.front() <= 0x17) return true;
  plain_peer_ = classify(in);
  fail(TlsFault::not_tls, describe(plain_peer_, in));
  return false;
}

std::size_t TlsFilter::decode(std::string_view& in, std::span<char> out) {
  if (state_ != State::opening && state_ != State::open) return 0;
  if (!looks_like_tls(in)) return 0;
  const InputScope scope(*this, in);
  if (state_ == State::opening) {
    advance_handshake();
    return 0;
  }
  std::size_t written = 0;
  while (written < out.size()) {
    ERR_clear_error();
    const int room = static_cast<int>(std::min(out.size() - written, std::size_t{1} << 30));
    const int got = SSL_read(ssl_.get(), out.data() + written, room);
    if (got > 0) {
      written += static_cast<std::size_t>(got);
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), got);
    if (why == SSL_ERROR_WANT_READ) break;
    if (why == SSL_ERROR_ZERO_RETURN) {
      state_ = State::ended;
    } else {
      fail_with_library_error();
    }
    break;
  }
  return written;
}

void TlsFilter::advance_handshake() {
  if (state_ != State::opening) return;
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) return judge_open();
  if (SSL_get_error(ssl_.get(), done) != SSL_ERROR_WANT_READ) fail_with_library_error();
}

void TlsFilter::judge_open() {
  const TlsContext::Body& rules = context_->body();
  const tls::OwnedCertificate certificate(SSL_get_peer_certificate(ssl_.get()));
  if (!rules.pinned.empty()) {
    const std::string key = certificate ? tls::public_key_sha256(certificate.get()) : std::string();
    if (rules.pinned.find(key) == rules.pinned.end()) {
      return fail(TlsFault::not_pinned,
                  key.empty() ? "the peer showed no certificate, and "
                                "pinned_certs asks for one"
                              : "the certificate's key " + key + " is not among pinned_certs");
    }
  }
  // A resumed session was judged when it began.
  if (rules.judges_certificate && certificate && SSL_session_reused(ssl_.get()) == 1) {
    const std::string problem = tls::validity_problem(certificate.get(), unix_time_);
    if (!problem.empty()) {
      return fail(TlsFault::certificate_time, "the peer's certificate " + problem);
    }
  }
  state_ = State::open;
}

// ---- Writing

void TlsFilter::encode(std::string_view plain, ByteSink& out) {
  if (state_ != State::open) return;
  const SinkScope scope(*this, out);
  if (!plain_.empty()) {
    const std::size_t more = std::min(plain.size(), record_bytes - plain_.size());
    plain_.append(plain.substr(0, more));
    plain.remove_prefix(more);
    if (plain_.size() < record_bytes) return;
    write_record(plain_);
    plain_.clear();
  }
  while (plain.size() >= record_bytes && state_ == State::open) {
    write_record(plain.substr(0, record_bytes));
    plain.remove_prefix(record_bytes);
  }
  plain_.append(plain);
}

void TlsFilter::flush(ByteSink& out) {
  const SinkScope scope(*this, out);
  if (plain_.empty()) return;
  if (state_ == State::open) write_record(plain_);
  plain_ = std::string();
}

void TlsFilter::close(StreamEnd /*end*/, ByteSink& out) {
  const SinkScope scope(*this, out);
  if (state_ != State::open) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void TlsFilter::write_record(std::string_view plain) {
  ERR_clear_error();
  const int written = SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
  if (written != static_cast<int>(plain.size())) fail_with_library_error();
}

// ---- Telling

void TlsFilter::fail_with_library_error() {
  const unsigned long code = ERR_peek_error();
  std::string text = tls::library_error();
  if (tls::is_peer_alert(code)) return fail(TlsFault::refused, std::move(text));
  if (certificate_fault_ != TlsFault::none) return fail(certificate_fault_, certificate_error_);
  const bool bare = ERR_GET_LIB(code) == ERR_LIB_SSL &&
                    ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
  fail(bare ? TlsFault::no_certificate : TlsFault::protocol, std::move(text));
}

void TlsFilter::fail(TlsFault fault, std::string text) {
  error_ = (state_ == State::open ? "TLS error: " : "TLS handshake error: ") + std::move(text);
  fault_ = fault;
  state_ = State::failed;
}

TlsPeer TlsFilter::peer() const {
  TlsPeer peer;
  if (!ssl_ || state_ == State::opening) return peer;
  const int version = SSL_version(ssl_.get());
  peer.version = version == TLS1_3_VERSION ? "1.3" : "1.2";
  peer.cipher = tls::cipher_name(ssl_.get());
  peer.resumed = SSL_session_reused(ssl_.get()) == 1;
  const tls::OwnedCertificate certificate(SSL_get_peer_certificate(ssl_.get()));
  if (certificate) tls::describe_certificate(certificate.get(), peer);
  ERR_clear_error();
  return peer;
}

TlsSession TlsFilter::session() const { return {context_, server_name_, ticket_}; }

}  // namespace leafnats::wire
