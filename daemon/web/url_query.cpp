#include "daemon/web/url_query.h"

#include <cctype>

namespace culprit {
namespace {

int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '+') {
            plain += ' ';
        } else if (text[at] == '%' && at + 2 < text.size() && hex(text[at + 1]) >= 0 && hex(text[at + 2]) >= 0) {
            plain += static_cast<char>(hex(text[at + 1]) * 16 + hex(text[at + 2]));
            at += 2;
        } else {
            plain += text[at];
        }
    }
    return plain;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string safe;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 128 && (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~')) {
            safe += c;
        } else {
            safe += '%';
            safe += digits[byte >> 4];
            safe += digits[byte & 15];
        }
    }
    return safe;
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

UrlQuery query_of(std::string_view target) {
    UrlQuery query;
    const std::size_t mark = target.find('?');
    if (mark == std::string_view::npos) return query;
    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && equals > 0)
            query[decoded(pair.substr(0, equals))] = decoded(pair.substr(equals + 1));
    }
    return query;
}

std::string_view value_of(const UrlQuery& query, std::string_view name) {
    const auto found = query.find(name);
    return found == query.end() ? std::string_view() : std::string_view(found->second);
}

std::string to_text(const UrlQuery& query) {
    std::string text;
    for (const auto& [name, value] : query)
        if (!value.empty()) text += (text.empty() ? "?" : "&") + percent_encoded(name) + "=" + percent_encoded(value);
    return text;
}

}  // namespace culprit
