#include "matchers/decoding/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <string>

namespace culprit {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

struct Abbreviation {
    std::string_view name;
    std::array<int, 2> minutes_east;  // the likelier first
};

constexpr int kNone = 10'000;

constexpr Abbreviation hours(std::string_view name, int first) { return {name, {first * 60, kNone}}; }
constexpr Abbreviation hours(std::string_view name, int first, int second) { return {name, {first * 60, second * 60}}; }

// The abbreviations that the tz database prints today, and PostgreSQL with it (its %m and %t use strftime's %Z).
constexpr std::array kAbbreviations = {
    hours("UTC", 0),
    hours("GMT", 0),
    hours("Z", 0),
    hours("WET", 0),
    hours("WEST", 1),
    hours("BST", 1),
    hours("CET", 1),
    hours("CEST", 2),
    hours("MET", 1),
    hours("MEST", 2),
    hours("EET", 2),
    hours("EEST", 3),
    hours("MSK", 3),
    hours("SAST", 2),
    hours("CAT", 2),
    hours("EAT", 3),
    hours("WAT", 1),
    hours("IDT", 3),
    hours("PKT", 5),
    hours("WIB", 7),
    hours("WITA", 8),
    hours("WIT", 9),
    hours("HKT", 8),
    hours("JST", 9),
    hours("KST", 9),
    hours("AWST", 8),
    hours("AEST", 10),
    hours("AEDT", 11),
    hours("NZST", 12),
    hours("NZDT", 13),
    hours("EST", -5),
    hours("EDT", -4),
    hours("CST", -6, 8),
    hours("CDT", -5, -4),
    hours("MST", -7),
    hours("MDT", -6),
    hours("PST", -8, 8),
    hours("PDT", -7),
    hours("AKST", -9),
    hours("AKDT", -8),
    hours("HST", -10),
    hours("AST", -4),
    hours("ADT", -3),
    hours("SST", -11),
    hours("ChST", 10),
    Abbreviation{"IST", {330, 120}},
    Abbreviation{"NST", {-210, kNone}},
    Abbreviation{"NDT", {-150, kNone}},
    Abbreviation{"ACST", {570, kNone}},
    Abbreviation{"ACDT", {630, kNone}},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::optional<ZoneAtStart> numeric(std::string_view text) {
    if (text.size() < 3 || (text[0] != '+' && text[0] != '-') || !is_digit(text[1]) || !is_digit(text[2])) return {};
    const int hour = (text[1] - '0') * 10 + (text[2] - '0');
    std::size_t length = 3;
    int minute = 0;
    const std::size_t colon = length < text.size() && text[length] == ':' ? 1 : 0;
    if (text.size() >= length + colon + 2 && is_digit(text[length + colon]) && is_digit(text[length + colon + 1])) {
        minute = (text[length + colon] - '0') * 10 + (text[length + colon + 1] - '0');
        length += colon + 2;
    }
    if (hour > 15 || minute > 59 || (length < text.size() && is_digit(text[length]))) return {};
    const seconds east = std::chrono::hours{hour} + minutes{minute};
    return ZoneAtStart{{text[0] == '-' ? -east : east}, length};
}

std::optional<ZoneAtStart> iana(std::string_view name, std::chrono::local_seconds local) {
    try {
        const auto* zone = date::locate_zone(std::string{name});
        const date::local_seconds at{local.time_since_epoch()};
        const auto utc = zone->to_sys(at, date::choose::earliest);
        return ZoneAtStart{{at.time_since_epoch() - utc.time_since_epoch()}, name.size()};
    } catch (const std::exception&) {
        return {};  // no such zone, or no time zone database on this machine
    }
}

}  // namespace

std::optional<ZoneAtStart> zone_at_start(std::string_view text, std::chrono::local_seconds local) {
    if (text.empty()) return {};
    if (!is_alpha(text[0])) return numeric(text);
    const auto end = std::find_if_not(text.begin(), text.end(), [](char c) { return is_alpha(c) || c == '/' || c == '_'; });
    const std::string_view word{text.begin(), end};
    const auto known = std::find_if(kAbbreviations.begin(), kAbbreviations.end(), [&](const auto& a) { return a.name == word; });
    if (known != kAbbreviations.end()) {
        ZoneAtStart zone{{minutes{known->minutes_east[0]}}, word.size()};
        if (known->minutes_east[1] != kNone) zone.offsets.push_back(minutes{known->minutes_east[1]});
        return zone;
    }
    if (word.size() >= 5 && word.size() <= 40 && word.find('/') != word.npos && word.front() != '/') return iana(word, local);
    return {};
}

}  // namespace culprit
