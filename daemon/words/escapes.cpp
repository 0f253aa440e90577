#include "daemon/words/escapes.h"

#include <nlohmann/json.hpp>
#include <string_view>

namespace culprit {
namespace {

/// U+200E, U+200F, U+202A … U+202E, U+2066 … U+2069: all of three bytes.
bool is_direction_mark(std::string_view bytes) {
    if (bytes.size() < 3 || bytes[0] != '\xe2') return false;
    const auto second = static_cast<unsigned char>(bytes[1]), third = static_cast<unsigned char>(bytes[2]);
    return (second == 0x80 && (third == 0x8e || third == 0x8f || (third >= 0xaa && third <= 0xae))) ||
           (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

}  // namespace

std::string escape_plain(const std::string& text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (is_direction_mark(std::string_view(text).substr(at))) {
            plain += ' ';
            at += 2;
        } else {
            plain += byte < 0x20 || byte == 0x7f ? ' ' : text[at];
        }
    }
    return plain;
}

std::string escape_markdown(const std::string& text) {
    std::string escaped;
    for (const char c : escape_plain(text)) {
        if (std::string_view("\\`*_[]<>|&#~").find(c) != std::string_view::npos) escaped += '\\';
        escaped += c;
    }
    return escaped;
}

std::string escape_slack(const std::string& text) {
    std::string escaped;
    for (const char c : escape_plain(text)) {
        if (c == '&') {
            escaped += "&amp;";
        } else if (c == '<') {
            escaped += "&lt;";
        } else if (c == '>') {
            escaped += "&gt;";
        } else {
            escaped += c;
            if (c == '@') escaped += "\u200b";
        }
    }
    return escaped;
}

std::string escape_json(const std::string& text) {
    const std::string quoted = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return quoted.substr(1, quoted.size() - 2);
}

}  // namespace culprit
