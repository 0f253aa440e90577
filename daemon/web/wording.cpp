#include "daemon/web/wording.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace culprit {
namespace {

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t length) {
    int value = 0;
    const char* end = text.data() + at + length;
    const auto [stopped, problem] = std::from_chars(text.data() + at, end, value);
    if (problem != std::errc() || stopped != end || text[at] == '-') return std::nullopt;
    return value;
}

}  // namespace

std::optional<EventTime> time_of(std::string_view text) {
    using namespace std::chrono;
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        text.back() != 'Z')
        return std::nullopt;
    const auto y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2), h = digits(text, 11, 2),
               mi = digits(text, 14, 2), s = digits(text, 17, 2);
    if (!y || !mo || !d || !h || !mi || !s) return std::nullopt;
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)}, day{static_cast<unsigned>(*d)}};
    if (!date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
    Duration fraction{0};
    if (text[19] == '.') {
        const std::size_t length = std::min<std::size_t>(text.size() - 21, 6);
        const auto value = length == 0 ? std::nullopt : digits(text, 20, length);
        if (!value) return std::nullopt;
        fraction = Duration{static_cast<std::int64_t>(*value * std::pow(10, 6 - static_cast<int>(length)))};
    } else if (text.size() != 20) {
        return std::nullopt;
    }
    return EventTime{sys_days{date} + hours{*h} + minutes{*mi} + seconds{*s} + fraction};
}

std::string readable_time(std::string_view rfc3339) {
    if (rfc3339.size() < 20 || rfc3339[10] != 'T') return std::string(rfc3339);
    return std::string(rfc3339.substr(0, 10)) + " " + std::string(rfc3339.substr(11, 8)) + " UTC";
}

std::string clock_of(EventTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count() % 86'400;
    char text[16];
    std::snprintf(text, sizeof text, "%02d:%02d:%02d", static_cast<int>(seconds / 3600), static_cast<int>(seconds / 60 % 60),
                  static_cast<int>(seconds % 60));
    return text;
}

std::string span_of(double seconds) {
    const auto whole = static_cast<long long>(std::llround(std::min(std::fabs(seconds), 1e12)));
    const auto say = [](long long number, const char* unit) { return std::to_string(number) + " " + unit; };
    if (whole < 120) return say(whole, "s");
    if (whole < 7'200) return say((whole + 30) / 60, "min");
    if (whole < 172'800) return say((whole + 1'800) / 3'600, "h");
    return say((whole + 43'200) / 86'400, "d");
}

std::string distance_of(double offset_seconds) {
    return span_of(offset_seconds) + (offset_seconds <= 0 ? " before the first error" : " after the first error");
}

std::string percent_of(double share) { return std::to_string(std::lround(share * 100)) + " %"; }

std::string grouped(std::int64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > (number < 0 ? 4U : 3U);) text.insert(at -= 3, 1, ',');
    return text;
}

std::string counted(std::int64_t number, std::string_view what) {
    return grouped(number) + " " + std::string(what) + (number == 1 ? "" : "s");
}

std::string spaced(std::string_view name) {
    std::string text(name);
    std::ranges::replace(text, '_', ' ');
    return text;
}

std::string visible(std::string text) {
    // U+200E, U+200F, U+202A … U+202E are E2 80 8E …, U+2066 … U+2069 are E2 81 A6 …
    for (std::size_t at = text.find('\xE2'); at != std::string::npos && at + 2 < text.size(); at = text.find('\xE2', at + 1)) {
        const auto middle = static_cast<unsigned char>(text[at + 1]), last = static_cast<unsigned char>(text[at + 2]);
        const bool turns = (middle == 0x80 && (last == 0x8E || last == 0x8F || (last >= 0xAA && last <= 0xAE))) ||
                           (middle == 0x81 && last >= 0xA6 && last <= 0xA9);
        if (!turns) continue;
        char code[8];
        std::snprintf(code, sizeof code, "\\u%04X", 0x2000U + (middle - 0x80U) * 64U + (last - 0x80U));
        text.replace(at, 3, code);
    }
    return text;
}

std::string escaped(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            case '\'':
                safe += "&apos;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

}  // namespace culprit
