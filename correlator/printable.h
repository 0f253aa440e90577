#pragma once
// Text from logs on its way to a terminal: names are hostile, and what steers a terminal must not get there.
#include <string>

namespace culprit {

/// Control bytes as blanks, those that UTF-8 writes in two bytes (U+0080 … U+009F) too: some terminals obey them.
inline std::string printable(std::string text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0U;
        if (byte < 0x20 || byte == 0x7f) {
            text[at] = ' ';
        } else if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {
            text.replace(at, 2, " ");
        }
    }
    return text;
}

}  // namespace culprit
