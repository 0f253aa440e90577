#include "daemon/words/escapes.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "daemon/words/wording.h"

namespace culprit {

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
