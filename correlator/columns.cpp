#include "correlator/columns.h"

#include <algorithm>
#include <utility>

namespace culprit {
namespace {

struct Character {
    std::size_t bytes = 1, columns = 1;
};

bool within(char32_t code, std::initializer_list<std::pair<char32_t, char32_t>> ranges) {
    return std::ranges::any_of(ranges, [&](const auto& range) { return code >= range.first && code <= range.second; });
}

Character first_of(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t bytes = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (bytes > text.size() || lead < 0x80) return {};
    char32_t code = lead & (0xFFU >> (bytes + 1));
    for (const char c : text.substr(1, bytes - 1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3FU);
    // Unicode's East_Asian_Width W and F, as far as they stand in ranges; and its combining marks and joiners.
    if (within(code, {{0x300, 0x36F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}})) return {bytes, 0};
    const bool wide = within(code, {{0x1100, 0x115F},
                                    {0x2E80, 0xA4CF},
                                    {0xAC00, 0xD7A3},
                                    {0xF900, 0xFAFF},
                                    {0xFE30, 0xFE4F},
                                    {0xFF00, 0xFF60},
                                    {0x1F300, 0x1FAFF},
                                    {0x20000, 0x3FFFD}});
    return {bytes, wide ? 2U : 1U};
}

}  // namespace

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character next = first_of(text);
        columns += next.columns;
        text.remove_prefix(next.bytes);
    }
    return columns;
}

std::size_t fitting(std::string_view text, std::size_t columns) {
    std::size_t at = 0, used = 0, blank = 0;
    while (at < text.size()) {
        const Character next = first_of(text.substr(at));
        if (used + next.columns > columns && at > 0) break;
        if (text[at] == ' ') blank = at;
        used += next.columns;
        at += next.bytes;
    }
    if (at == text.size() || text[at] == ' ' || blank == 0) return at;
    return blank;
}

}  // namespace culprit
