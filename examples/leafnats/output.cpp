// SPDX-License-Identifier: Apache-2.0
//
// Whether stdout is a terminal decides two things only: colour and the escaping of control bytes.
#include "commands.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include <unistd.h>

namespace cli {
namespace {

bool on_terminal() { return isatty(STDOUT_FILENO) == 1; }

std::string escaped(std::string_view bytes, std::string_view kept) {
    std::string out;
    for (const char c : bytes) {
        const bool control = (c >= 0 && c < ' ') || c == 0x7f;
        char code[5] = {c};
        if (control && kept.find(c) == kept.npos) std::snprintf(code, sizeof code, "\\x%02x", c);
        out += code;
    }
    return out;
}

}  // namespace

void print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size() || std::fflush(stdout) != 0)
        throw std::system_error(errno, std::generic_category(), "standard output");
}

void complain(std::string_view text) {
    std::fprintf(stderr, "leafnats: %s\n", escaped(text, "").c_str());
}

std::string highlighted(std::string_view text) {
    const char* no_color = std::getenv("NO_COLOR");
    const bool plain = !on_terminal() || (no_color && *no_color);
    return plain ? std::string{text} : "\x1b[36m" + std::string{text} + "\x1b[0m";
}

std::string shown(std::string_view bytes) {
    return on_terminal() ? escaped(bytes, "\n\t") : std::string{bytes};
}

}  // namespace cli
