// SPDX-License-Identifier: Apache-2.0
//
// What is read out of certificates: names as Go and nats-server write them, times, key hashes.

#include "wire/tls_library.hpp"
#include "wire/tls_peer.hpp"

#include "base/printable.hpp"

#include <algorithm>
#include <array>

namespace leafnats::wire::tls {
namespace {

/// How many names of a certificate a log line shows.
constexpr std::size_t names_shown_max = 5;

struct AttributeName {
  const char* oid;
  const char* name;
};

/// nats-server knows these; a subject with others cannot be matched part by part.
constexpr AttributeName attribute_names[] = {
    {"2.5.4.3", "CN"},          {"2.5.4.5", "SERIALNUMBER"},
    {"2.5.4.6", "C"},           {"2.5.4.7", "L"},
    {"2.5.4.8", "ST"},          {"2.5.4.9", "STREET"},
    {"2.5.4.10", "O"},          {"2.5.4.11", "OU"},
    {"2.5.4.17", "POSTALCODE"}, {"0.9.2342.19200300.100.1.25", "DC"},
};

/// The order in which Go writes a subject, whatever the order in the certificate.
constexpr const char* go_order[] = {"SERIALNUMBER", "CN", "POSTALCODE", "STREET", "ST", "L",
                                    "OU",           "O",  "C"};

std::string oid_text(const ASN1_OBJECT* object) {
  std::array<char, 128> text{};
  const int size = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  return size <= 0 ? std::string() : std::string(text.data());
}

std::string attribute_name(const ASN1_OBJECT* object) {
  const std::string oid = oid_text(object);
  for (const AttributeName& known : attribute_names) {
    if (oid == known.oid) return known.name;
  }
  return oid;
}

std::string utf8(const ASN1_STRING* string) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, const_cast<ASN1_STRING*>(string));
  if (size < 0) {
    ERR_clear_error();
    return {};
  }
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

/// RFC 2253's, the way Go does it.
std::string escaped(const std::string& value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool special =
        c == ',' || c == '+' || c == '"' || c == '\\' || c == '<' || c == '>' || c == ';';
    const bool outer = (c == ' ' && (i == 0 || i + 1 == value.size())) || (c == '#' && i == 0);
    if (special || outer) text += '\\';
    text += c;
  }
  return text;
}

/// The parts of a name in the order of the certificate.
std::vector<NamePart> parts_of(X509_NAME* name) {
  std::vector<NamePart> parts;
  int set = -1;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    if (parts.empty() || X509_NAME_ENTRY_set(entry) != set) parts.emplace_back();
    set = X509_NAME_ENTRY_set(entry);
    parts.back().push_back(
        {attribute_name(X509_NAME_ENTRY_get_object(entry)), utf8(X509_NAME_ENTRY_get_data(entry))});
  }
  return parts;
}

std::vector<NameAttribute> attributes_of(X509* certificate) {
  std::vector<NameAttribute> flat;
  for (NamePart& part : parts_of(X509_get_subject_name(certificate))) {
    for (NameAttribute& attribute : part) flat.push_back(std::move(attribute));
  }
  return flat;
}

std::string_view view(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

OwnedNames alternative_names(X509* certificate) {
  OwnedNames names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  return names;
}

std::string address_text(std::string_view bytes) {
  std::string text;
  const auto byte = [&bytes](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(bytes[i]));
  };
  if (bytes.size() == 4) {
    for (std::size_t i = 0; i < 4; ++i) text += (i == 0 ? "" : ".") + std::to_string(byte(i));
    return text;
  }
  if (bytes.size() != 16) return "an address";
  static constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < 16; i += 2) {
    const unsigned group = byte(i) << 8 | byte(i + 1);
    if (i > 0) text += ':';
    bool begun = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const unsigned digit = group >> shift & 15;
      begun = begun || digit != 0 || shift == 0;
      if (begun) text += digits[digit];
    }
  }
  return text;
}

std::string time_text(const ASN1_TIME* time) {
  const OwnedBio out(BIO_new(BIO_s_mem()));
  if (ASN1_TIME_print(out.get(), time) != 1) {
    ERR_clear_error();
    return "a time that cannot be read";
  }
  std::array<char, 64> text{};
  const int size = BIO_read(out.get(), text.data(), static_cast<int>(text.size()));
  return size <= 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace

std::string unix_time_text(std::int64_t seconds) {
  const OwnedTime time(ASN1_TIME_set(nullptr, static_cast<time_t>(seconds)));
  return time ? time_text(time.get()) : std::to_string(seconds);
}

std::string public_key_sha256(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return {};
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(der, static_cast<std::size_t>(size), digest);
  OPENSSL_free(der);
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

std::string subject_text(X509* certificate) {
  // Attributes of one type become one part, in the order of the certificate; Go drops the others.
  const std::vector<NameAttribute> attributes = attributes_of(certificate);
  std::string text;
  for (const char* type : go_order) {
    bool first = true;
    // These three are single to Go: the last one counts.
    const bool single = type == std::string_view("CN") || type == std::string_view("SERIALNUMBER");
    std::string values;
    for (const NameAttribute& attribute : attributes) {
      if (attribute.type != type) continue;
      const std::string one = std::string(type) + "=" + escaped(attribute.value);
      values = single || first ? one : values + "+" + one;
      first = false;
    }
    if (values.empty() || (single && values.size() == std::string_view(type).size() + 1)) continue;
    if (!text.empty()) text += ',';
    text += values;
  }
  return text;
}

std::string validity_problem(X509* certificate, std::int64_t unix_time) {
  time_t now = static_cast<time_t>(unix_time);
  const bool early = X509_cmp_time(X509_get0_notBefore(certificate), &now) > 0;
  now = static_cast<time_t>(unix_time);
  const bool late = X509_cmp_time(X509_get0_notAfter(certificate), &now) < 0;
  if (!early && !late) return {};
  const std::string by_clock = ", and the clock here says " + unix_time_text(unix_time);
  if (late) {
    return "has expired on " + time_text(X509_get0_notAfter(certificate)) + by_clock +
           ": renew it, or set the clock";
  }
  return "is not valid before " + time_text(X509_get0_notBefore(certificate)) + by_clock +
         ": set the clock, or wait";
}

std::string names_text(X509* certificate) {
  const OwnedNames names = alternative_names(certificate);
  std::string text;
  std::size_t shown = 0;
  const std::size_t count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), static_cast<int>(i));
    std::string one;
    if (name->type == GEN_DNS) one = base::printable(view(name->d.dNSName));
    if (name->type == GEN_IPADD) one = address_text(view(name->d.iPAddress));
    if (one.empty()) continue;
    if (shown == names_shown_max) return text + " and more";
    text += (shown == 0 ? "" : ", ") + one;
    shown += 1;
  }
  return text;
}

bool is_ip_literal(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  ERR_clear_error();
  if (address == nullptr) return false;
  ASN1_OCTET_STRING_free(address);
  return true;
}

void describe_certificate(X509* certificate, TlsPeer& peer) {
  peer.has_certificate = true;
  peer.subject = subject_text(certificate);
  peer.public_key_sha256 = public_key_sha256(certificate);
  for (const NameAttribute& attribute : attributes_of(certificate)) {
    if (attribute.type != "DC") continue;
    peer.domain_components += (peer.domain_components.empty() ? "DC=" : ",DC=") + attribute.value;
  }
  peer.subject_parts = parts_of(X509_get_subject_name(certificate));
  std::reverse(peer.subject_parts.begin(), peer.subject_parts.end());
  const OwnedNames names = alternative_names(certificate);
  const std::size_t count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), static_cast<int>(i));
    if (name->type == GEN_EMAIL) peer.emails.emplace_back(view(name->d.rfc822Name));
    if (name->type == GEN_DNS) peer.dns_names.emplace_back(view(name->d.dNSName));
    if (name->type == GEN_URI) {
      peer.uris.emplace_back(view(name->d.uniformResourceIdentifier));
    }
  }
}

}  // namespace leafnats::wire::tls
