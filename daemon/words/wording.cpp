#include "daemon/words/wording.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace culprit {
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

std::string spoken(Duration span) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span).count();
    if (seconds < 120) return std::to_string(seconds) + " s";
    const auto minutes = (seconds + 30) / 60;
    if (minutes < 120) return std::to_string(minutes) + " min";
    const auto hours = minutes / 60;
    if (hours < 48) return std::to_string(hours) + " h" + (minutes % 60 ? " " + std::to_string(minutes % 60) + " min" : "");
    return std::to_string(hours / 24) + " d" + (hours % 24 ? " " + std::to_string(hours % 24) + " h" : "");
}

std::string from_onset(double offset_seconds) { return offset_seconds <= 0 ? "before the first error" : "after the first error"; }

std::string distance_of(double offset_seconds) {
    if (offset_seconds == 0) return "at the moment of the first error";
    if (std::fabs(offset_seconds) < 0.5) return "just " + from_onset(offset_seconds);
    return span_of(offset_seconds) + " " + from_onset(offset_seconds);
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

bool is_direction_mark(std::string_view bytes) {
    if (bytes.size() < 3 || bytes[0] != '\xE2') return false;
    const auto second = static_cast<unsigned char>(bytes[1]), third = static_cast<unsigned char>(bytes[2]);
    return (second == 0x80 && (third == 0x8E || third == 0x8F || (third >= 0xAA && third <= 0xAE))) ||
           (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

std::string visible(std::string text) {
    for (std::size_t at = text.find('\xE2'); at != std::string::npos; at = text.find('\xE2', at + 1)) {
        if (!is_direction_mark(std::string_view(text).substr(at))) continue;
        char code[8];
        const auto second = static_cast<unsigned char>(text[at + 1]), third = static_cast<unsigned char>(text[at + 2]);
        std::snprintf(code, sizeof code, "\\u%04X", 0x2000U + (second - 0x80U) * 64U + (third - 0x80U));
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
