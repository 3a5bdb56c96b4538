// SPDX-License-Identifier: Apache-2.0
//
// Base64 by the vectors of RFC 4648, and that a text has one form only.
#include "base/base64.hpp"
#include "support/catch.hpp"

#include <string>
#include <utility>

using namespace leafnats::base;

TEST_CASE("Base64 knows the vectors of its RFC both ways") {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},        {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
      {"\xff\xfe\xfd", "//79"},
  };
  for (const auto& [plain, text] : vectors) {
    CHECK(encode_base64(plain) == text);
    CHECK(decode_base64(text) == std::string(plain));
  }
}

TEST_CASE("Base64 takes nothing but what it makes itself") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm9v=", "====", "Z===", "Zm 9",
                           "Zm-_", "Zg==Zg=="}) {
    CAPTURE(text);
    CHECK_FALSE(decode_base64(text));
  }
}

TEST_CASE("URL base64 has no padding and its own last characters") {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},
      {"foo", "Zm9v"},    {"\xff\xfe\xfd", "__79"}, {"\xfb\xef\xbe", "----"},
  };
  for (const auto& [plain, text] : vectors) {
    CHECK(encode_base64url(plain) == text);
    CHECK(decode_base64url(text) == std::string(plain));
  }
  for (const char* text : {"Z", "Zg==", "Zh", "Zm9", "//79", "Zm9v\n", "Zm 9", "Zm9v="}) {
    CAPTURE(text);
    CHECK_FALSE(decode_base64url(text));
  }
}
