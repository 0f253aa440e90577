#include "matchers/decoding/legacy_charset.h"

#include <algorithm>
#include <array>
#include <span>

#include "matchers/decoding/utf8.h"
#include "matchers/embedded_file.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_charsets();

namespace {

using Characters = std::vector<std::string_view>;  // a blank where there is none

struct Charsets {
    Characters cp1251, koi8_r, latin_1, euc_jp, jisx0212, euc_kr, euc_cn;
};

constexpr std::size_t kRow = 94;

/// Requires the generated file.
Charsets read_charsets() {
    Charsets sets;
    const std::array<std::pair<std::string_view, Characters*>, 7> names{{{"cp1251", &sets.cp1251},
                                                                         {"koi8_r", &sets.koi8_r},
                                                                         {"latin_1", &sets.latin_1},
                                                                         {"euc_jp", &sets.euc_jp},
                                                                         {"jisx0212", &sets.jisx0212},
                                                                         {"euc_kr", &sets.euc_kr},
                                                                         {"euc_cn", &sets.euc_cn}}};
    std::string_view text = embedded_charsets().front().content;
    Characters* into = nullptr;
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto name = std::find_if(names.begin(), names.end(), [&](const auto& set) { return set.first == line; });
        if (name != names.end()) {
            into = name->second;
            continue;
        }
        while (into != nullptr && !line.empty()) {
            std::size_t length = 1;
            while (length < line.size() && (static_cast<unsigned char>(line[length]) & 0xC0u) == 0x80u) ++length;
            into->push_back(line.substr(0, length));
            line.remove_prefix(length);
        }
    }
    return sets;
}

const Charsets& charsets() {
    static const Charsets sets = read_charsets();
    return sets;
}

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }
bool is_high(std::string_view text, std::size_t at) { return at < text.size() && byte_at(text, at) >= 0x80; }
bool is_letter(std::string_view text, std::size_t at) {
    return at < text.size() && ((text[at] >= 'a' && text[at] <= 'z') || (text[at] >= 'A' && text[at] <= 'Z'));
}

/// What a text looks like in a set.
struct Reading {
    std::string text;
    std::size_t good = 0, bad = 0;  // characters that are common in the language, and rare ones
};

std::string_view character(const Characters& plane, std::string_view bytes, std::size_t at) {
    if (at + 1 >= bytes.size() || byte_at(bytes, at) < 0xA1 || byte_at(bytes, at + 1) < 0xA1) return {};
    const auto index = (byte_at(bytes, at) - 0xA1) * kRow + (byte_at(bytes, at + 1) - 0xA1);
    if (byte_at(bytes, at) == 0xFF || byte_at(bytes, at + 1) == 0xFF || index >= plane.size() || plane[index] == " ") return {};
    return plane[index];
}

/// Two bytes a character; `common` says by the first of them whether it is one of everyday use.
template <class IsCommon>
std::optional<Reading> read_double(std::string_view bytes, const Characters& plane, const Characters* third, IsCommon common) {
    Reading reading;
    for (std::size_t at = 0; at < bytes.size();) {
        if (!is_high(bytes, at)) {
            reading.text += bytes[at++];
            continue;
        }
        if (third != nullptr && byte_at(bytes, at) == 0x8F) {  // EUC_JP: Latin letters with marks, and rare signs
            const auto found = character(*third, bytes, at + 1);
            if (found.empty()) return std::nullopt;
            reading.text += found;
            reading.good += 2;
            at += 3;
            continue;
        }
        const auto found = character(plane, bytes, at);
        if (found.empty()) return std::nullopt;
        // `größe`: two marks within a word of Latin letters.
        const bool within_word = at > 0 && is_letter(bytes, at - 1) && !is_high(bytes, at + 2);
        (common(byte_at(bytes, at)) && !within_word ? reading.good : reading.bad) += 1;
        reading.text += found;
        at += 2;
    }
    return reading;
}

std::optional<std::string> read_single(std::string_view bytes, const Characters& set) {
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (!is_high(bytes, at)) {
            text += bytes[at];
            continue;
        }
        const auto found = set[byte_at(bytes, at) - 0x80];
        if (found == " " || byte_at(bytes, at) < 0xA0) return std::nullopt;
        text += found;
    }
    return text;
}

/// Runs of bytes that are not ASCII.
struct Runs {
    bool any = false;
    std::size_t count = 0, letters = 0, upper_half = 0;  // `count` of those with letters, which all three sets have from 0xC0 on
    bool valid_utf8 = false;                             // one of them is, and so rather all of the text
};

Runs runs_of(std::string_view text) {
    Runs runs;
    for (std::size_t at = 0; at < text.size();) {
        if (!is_high(text, at)) {
            ++at;
            continue;
        }
        std::size_t end = at, letters = 0;
        for (; is_high(text, end); ++end) {
            runs.upper_half += byte_at(text, end) >= 0xE0 ? 1 : 0;
            letters += byte_at(text, end) >= 0xC0 ? 1 : 0;
        }
        runs.count += letters > 0 ? 1 : 0;
        runs.letters += letters;
        runs.any = true;
        runs.valid_utf8 = runs.valid_utf8 || is_valid_utf8(text.substr(at, end - at));
        at = end;
    }
    return runs;
}

/// The only bytes that are not ASCII are the beginning of a UTF-8 sequence at the very end.
bool is_cut_utf8(std::string_view text) {
    std::size_t begin = text.size();
    while (begin > 0 && is_high(text, begin - 1)) --begin;
    const auto tail = text.substr(begin);
    for (std::size_t at = 0; at < begin; ++at) {
        if (is_high(text, at)) return false;
    }
    if (tail.empty() || tail.size() > 3 || byte_at(tail, 0) < 0xC2 || byte_at(tail, 0) > 0xF4) return false;
    const std::size_t whole = byte_at(tail, 0) >= 0xF0 ? 4 : byte_at(tail, 0) >= 0xE0 ? 3 : 2;
    return tail.size() < whole &&
           std::all_of(tail.begin() + 1, tail.end(), [](char c) { return static_cast<unsigned char>(c) < 0xC0; });
}

bool holds_any(std::string_view bytes, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return bytes.find(word) != std::string_view::npos; });
}

std::optional<std::string> read_asian(std::string_view bytes) {
    const auto& sets = charsets();
    // Rows of JIS X 0208: 1 to 8 signs, kana, Greek and Cyrillic; from 48 on rare kanji. Kana are Japanese.
    std::size_t kana = 0;
    auto japanese = read_double(bytes, sets.euc_jp, &sets.jisx0212, [&](unsigned lead) {
        kana += lead == 0xA4 || lead == 0xA5 ? 1 : 0;
        return lead < 0xD0;
    });
    auto korean =
        read_double(bytes, sets.euc_kr, nullptr, [](unsigned lead) { return lead <= 0xA3 || (lead >= 0xB0 && lead <= 0xC8); });
    auto chinese =
        read_double(bytes, sets.euc_cn, nullptr, [](unsigned lead) { return lead <= 0xA3 || (lead >= 0xB0 && lead <= 0xD7); });
    const auto likely = [](const std::optional<Reading>& reading) { return reading && reading->good > reading->bad; };
    // The server's own words tell Korean and Chinese from Japanese: 오류, 로그, 상세정보, 구문; 错误, 日志, 语句, 详细.
    if (kana == 0 && likely(korean) &&
        holds_any(bytes, {"\xBF\xC0\xB7\xF9:", "\xB7\xCE\xB1\xD7:", "\xBB\xF3\xBC\xBC\xC1\xA4\xBA\xB8:", "\xB1\xB8\xB9\xAE:"}))
        return korean->text;
    if (kana == 0 && likely(chinese) &&
        holds_any(bytes, {"\xB4\xED\xCE\xF3:", "\xC8\xD5\xD6\xBE:", "\xD3\xEF\xBE\xE4:", "\xCF\xEA\xCF\xB8"}))
        return chinese->text;
    if (likely(japanese)) return japanese->text;
    if (likely(korean)) return korean->text;
    if (likely(chinese)) return chinese->text;
    return std::nullopt;
}

/// UTF-8 code points, as views; nothing when the text is not valid.
std::optional<std::vector<std::string_view>> characters_of(std::string_view utf8) {
    if (!is_valid_utf8(utf8)) return std::nullopt;
    std::vector<std::string_view> found;
    while (!utf8.empty()) {
        std::size_t length = 1;
        while (length < utf8.size() && (static_cast<unsigned char>(utf8[length]) & 0xC0u) == 0x80u) ++length;
        found.push_back(utf8.substr(0, length));
        utf8.remove_prefix(length);
    }
    return found;
}

}  // namespace

std::optional<std::string> from_legacy_charset(std::string_view bytes) {
    constexpr std::size_t kMostBytes = 4 * 1024 * 1024;
    const auto runs = runs_of(bytes);
    if (!runs.any || bytes.size() > kMostBytes) return std::nullopt;
    if (auto text = read_asian(bytes)) return text;
    if (runs.valid_utf8) return std::nullopt;
    if (is_cut_utf8(bytes)) return std::nullopt;
    const auto& sets = charsets();
    // Words of Cyrillic letters are runs; in Latin ones a letter with a mark stands alone. KOI8R has its small letters below
    // 0xE0.
    if (runs.count > 0 && 2 * runs.letters >= 5 * runs.count)
        return read_single(bytes, 2 * runs.upper_half >= runs.letters ? sets.cp1251 : sets.koi8_r);
    return read_single(bytes, sets.latin_1);
}

std::vector<std::string> in_legacy_charsets(std::string_view utf8) {
    const auto& sets = charsets();
    const auto characters = characters_of(utf8);
    std::vector<std::string> found;
    if (!characters) return found;
    for (const Characters* set : {&sets.cp1251, &sets.koi8_r, &sets.euc_jp, &sets.euc_kr, &sets.euc_cn}) {
        std::string bytes;
        bool all = true;
        for (const auto one : *characters) {
            if (one.size() == 1) {
                bytes += one;
                continue;
            }
            const auto place = std::find(set->begin(), set->end(), one);
            all = all && place != set->end();
            if (!all) break;
            const auto index = static_cast<std::size_t>(place - set->begin());
            if (set->size() == 128) {
                bytes += static_cast<char>(0x80 + index);
            } else {
                bytes += static_cast<char>(0xA1 + index / kRow);
                bytes += static_cast<char>(0xA1 + index % kRow);
            }
        }
        if (all) found.push_back(std::move(bytes));
    }
    return found;
}

}  // namespace culprit
