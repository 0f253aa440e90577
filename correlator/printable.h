#pragma once
// Text from logs on its way to a terminal: names are hostile, and control bytes must not get there.
#include <string>

namespace culprit {

inline std::string printable(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return text;
}

}  // namespace culprit
