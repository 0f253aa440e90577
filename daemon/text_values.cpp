#include "daemon/text_values.h"

#include <cctype>
#include <charconv>

namespace culprit {

namespace {

/// Takes exactly `digits` digits off the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int number = 0;
    for (const char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) return false;
    text.remove_prefix(1);
    return true;
}

/// `Z`, `+01:00`, `-0330`, `+01`: minutes east of UTC.
std::optional<int> take_zone(std::string_view& text) {
    if (take(text, 'Z') || take(text, 'z')) return 0;
    const int sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
    if (sign == 0) return std::nullopt;
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 15) return std::nullopt;
    int minutes = 0;
    if (!text.empty()) {
        take(text, ':');
        const auto given = take_number(text, 2);
        if (!given || *given > 59) return std::nullopt;
        minutes = *given;
    }
    return sign * (*hours * 60 + minutes);
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || count < 0) return std::nullopt;
    const std::string_view unit(end, text.data() + text.size() - end);
    const std::int64_t micros = unit == "ms"  ? 1'000
                                : unit == "s" ? 1'000'000
                                : unit == "m" ? 60'000'000
                                : unit == "h" ? 3'600'000'000
                                : unit == "d" ? 86'400'000'000
                                              : 0;
    std::int64_t total = 0;
    if (micros == 0 || __builtin_mul_overflow(count, micros, &total)) return std::nullopt;
    return Duration{total};
}

std::optional<EventTime> parse_time(std::string_view text) {
    const auto year = take_number(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_number(text, 2);
    if (!day || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || *minute > 59) return std::nullopt;

    std::int64_t micros = 0;
    if (take(text, ':')) {
        const auto second = take_number(text, 2);
        if (!second || *second > 60) return std::nullopt;
        micros = *second * 1'000'000LL;
        if (take(text, '.')) {
            std::int64_t unit = 100'000;
            std::size_t digits = 0;
            for (; digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])); ++digits, unit /= 10) {
                micros += (text[digits] - '0') * unit;
            }
            if (digits == 0) return std::nullopt;
            text.remove_prefix(digits);
        }
    }
    const auto zone = take_zone(text);
    if (!zone || !text.empty()) return std::nullopt;

    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    return EventTime{std::chrono::sys_days{date}} + std::chrono::hours{*hour} + std::chrono::minutes{*minute - *zone} +
           Duration{micros};
}

std::optional<EventTime> parse_time_or_age(std::string_view text) {
    if (const auto time = parse_time(text)) return time;
    const auto age = parse_duration(text);
    if (!age) return std::nullopt;
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()) - *age;
}

}  // namespace culprit
