#include "matchers/lossy_text.h"

#include <algorithm>

namespace culprit {
namespace {

/// What glibc's iconv writes for the character at the front of `text`, whose length is set.
std::string_view written(std::string_view text, std::size_t& length) {
    length = 1;
    if (static_cast<unsigned char>(text[0]) < 0x80) return text.substr(0, 1);
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0u) == 0x80u) ++length;
    const auto character = text.substr(0, length);
    if (character == "»") return ">>";
    if (character == "«") return "<<";
    return "?";
}

}  // namespace

LossyText lossy(std::string_view utf8) {
    LossyText result;
    for (std::size_t at = 0; at < utf8.size();) {
        std::size_t length = 0;
        for (const char byte : written(utf8.substr(at), length)) {
            result.form += byte;
            result.offsets.push_back(at);
        }
        at += length;
    }
    result.offsets.push_back(utf8.size());
    return result;
}

bool begins_lossily(std::string_view message, std::string_view text) {
    text = text.substr(0, text.find('{'));
    while (!text.empty()) {
        std::size_t length = 0;
        const auto wanted = written(text, length);
        if (!message.starts_with(wanted)) return false;
        message.remove_prefix(wanted.size());
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace culprit
