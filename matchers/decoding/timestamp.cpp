#include "matchers/decoding/timestamp.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "matchers/decoding/time_zone.h"

namespace culprit {
namespace {

using namespace std::chrono;

constexpr std::int64_t kFirstSecond = 946'684'800;   // 2000-01-01
constexpr std::int64_t kLastSecond = 4'102'444'800;  // 2100-01-01
constexpr std::int64_t kMicros = 1'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads a text from its front. Every reader leaves the position alone when it fails.
class Reader {
   public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::size_t position() const { return position_; }
    std::string_view rest() const { return text_.substr(position_); }
    bool done() const { return position_ >= text_.size(); }
    void skip(std::size_t count) { position_ += count; }
    void back_to(std::size_t position) { position_ = position; }

    bool one_of(std::string_view set) {
        if (done() || set.find(text_[position_]) == set.npos) return false;
        ++position_;
        return true;
    }
    /// Between `least` and `most` digits, not followed by a further one.
    std::optional<int> number(std::size_t least, std::size_t most) {
        std::size_t length = 0;
        int value = 0;
        while (length < most && position_ + length < text_.size() && is_digit(text_[position_ + length])) {
            value = value * 10 + (text_[position_ + length] - '0');
            ++length;
        }
        if (length < least || (position_ + length < text_.size() && is_digit(text_[position_ + length]))) return {};
        position_ += length;
        return value;
    }
    std::optional<unsigned> month_name() {
        static constexpr std::array<std::string_view, 12> kNames = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        const std::string_view name = rest().substr(0, 3);
        for (unsigned i = 0; i < kNames.size(); ++i) {
            if (kNames[i] != name) continue;
            position_ += 3;
            return i + 1;
        }
        return {};
    }

   private:
    std::string_view text_;
    std::size_t position_ = 0;
};

/// hh:mm[:ss[.fraction]], after it perhaps AM or PM.
std::optional<microseconds> time_of_day(Reader& in, bool needs_seconds) {
    const std::size_t start = in.position();
    const auto fail = [&]() -> std::optional<microseconds> {
        in.back_to(start);
        return {};
    };
    auto hour = in.number(1, 2);
    if (!hour || *hour > 23 || !in.one_of(":")) return fail();
    const auto minute = in.number(2, 2);
    if (!minute || *minute > 59) return fail();
    int second = 0;
    std::int64_t fraction = 0;
    if (in.one_of(":")) {
        const auto read = in.number(2, 2);
        if (!read || *read > 60) return fail();
        second = *read;
        const std::size_t before = in.position();
        if (in.one_of(".,") && !in.done() && is_digit(in.rest()[0])) {
            std::int64_t scale = kMicros;
            while (!in.done() && is_digit(in.rest()[0])) {
                if (scale > 1) fraction += (in.rest()[0] - '0') * (scale /= 10);
                in.skip(1);
            }
        } else {
            in.back_to(before);
        }
    } else if (needs_seconds) {
        return fail();
    }
    const std::string_view half = in.rest().substr(0, 3);
    if (half == " AM" || half == " PM") {
        if (*hour < 1 || *hour > 12) return fail();
        *hour = *hour % 12 + (half[1] == 'P' ? 12 : 0);
        in.skip(3);
    }
    return hours{*hour} + minutes{*minute} + seconds{second} + microseconds{fraction};
}

std::optional<year_month_day> date_numbers(Reader& in) {
    const std::size_t start = in.position();
    const auto year_read = in.number(4, 4);
    const char separator = year_read && !in.done() ? in.rest()[0] : '\0';
    if (separator == '-' || separator == '/') {
        in.skip(1);
        const auto month_read = in.number(2, 2);
        if (month_read && in.one_of({&separator, 1})) {
            if (const auto day_read = in.number(2, 2)) {
                const year_month_day date{year{*year_read}, month(*month_read), day(*day_read)};
                if (date.ok()) return date;
            }
        }
    }
    in.back_to(start);
    return {};
}

EventTime nearest(local_time<microseconds> local, const std::vector<seconds>& offsets, std::optional<EventTime> near) {
    EventTime best{local.time_since_epoch() - offsets.front()};
    if (near) {
        for (const auto offset : offsets) {
            const EventTime candidate{local.time_since_epoch() - offset};
            if (abs(candidate - *near) < abs(best - *near)) best = candidate;
        }
    }
    return best;
}

/// The zone, if one follows, and the timestamp that comes out.
LeadingTimestamp with_zone(Reader& in, local_time<microseconds> local, std::optional<EventTime> near) {
    const std::size_t before = in.position();
    in.one_of(" ");
    if (const auto zone = zone_at_start(in.rest(), floor<seconds>(local))) {
        in.skip(zone->length);
        return {nearest(local, zone->offsets, near), in.position()};
    }
    in.back_to(before);
    return {EventTime{local.time_since_epoch()}, in.position()};
}

std::optional<LeadingTimestamp> numeric_date(std::string_view text, std::optional<EventTime> near) {
    Reader in{text};
    const auto date = date_numbers(in);
    if (!date || !in.one_of("T t")) return {};
    const auto time = time_of_day(in, false);
    if (!time) return {};
    return with_zone(in, local_days{*date} + *time, near);
}

/// `20/Nov/2026:11:25:45 +0000` (access logs), `20/Nov/2026 11:25:03` (Django's server).
std::optional<LeadingTimestamp> access_log_date(std::string_view text, std::optional<EventTime> near) {
    Reader in{text};
    const auto day_read = in.number(2, 2);
    if (!day_read || !in.one_of("/")) return {};
    const auto month_read = in.month_name();
    if (!month_read || !in.one_of("/")) return {};
    const auto year_read = in.number(4, 4);
    if (!year_read || !in.one_of(": ")) return {};
    const year_month_day date{year{*year_read}, month{*month_read}, day(*day_read)};
    const auto time = time_of_day(in, true);
    if (!time || !date.ok()) return {};
    return with_zone(in, local_days{date} + *time, near);
}

/// `Nov 20, 2026 11:38:45 AM` (java.util.logging), `Nov 20 11:20:51` (RFC 3164, which has no year).
std::optional<LeadingTimestamp> month_first_date(std::string_view text, std::optional<EventTime> near) {
    Reader in{text};
    const auto month_read = in.month_name();
    if (!month_read || !in.one_of(" ")) return {};
    in.one_of(" ");
    const auto day_read = in.number(1, 2);
    if (!day_read) return {};
    if (in.one_of(",")) {
        if (!in.one_of(" ")) return {};
        const auto year_read = in.number(4, 4);
        if (!year_read || !in.one_of(" ")) return {};
        const year_month_day date{year{*year_read}, month{*month_read}, day(*day_read)};
        const auto time = time_of_day(in, true);
        if (!time || !date.ok()) return {};
        return with_zone(in, local_days{date} + *time, near);
    }
    if (!near || !in.one_of(" ")) return {};
    const auto time = time_of_day(in, true);
    if (!time) return {};
    const year around = year_month_day{floor<days>(*near)}.year();
    std::optional<EventTime> best;
    for (const auto candidate_year : {around - years{1}, around, around + years{1}}) {
        const year_month_day date{candidate_year, month{*month_read}, day(*day_read)};
        if (!date.ok()) continue;
        const EventTime candidate = sys_days{date} + *time;
        if (!best || abs(candidate - *near) < abs(*best - *near)) best = candidate;
    }
    if (!best) return {};
    return LeadingTimestamp{*best, in.position()};
}

std::optional<LeadingTimestamp> day_less_time(std::string_view text, std::optional<EventTime> near) {
    Reader in{text};
    const auto time = near ? time_of_day(in, true) : std::nullopt;
    if (!time) return {};
    EventTime best = floor<days>(*near) + *time;
    for (const auto shift : {days{-1}, days{1}}) {
        const EventTime candidate = floor<days>(*near) + shift + *time;
        if (abs(candidate - *near) < abs(best - *near)) best = candidate;
    }
    return LeadingTimestamp{best, in.position(), false};
}

bool in_range(std::int64_t second) { return second >= kFirstSecond && second < kLastSecond; }

}  // namespace

std::optional<LeadingTimestamp> leading_timestamp(std::string_view text, std::optional<EventTime> near) {
    if (text.size() < 8) return {};
    if (is_digit(text[0])) {
        if (auto found = numeric_date(text, near)) return found;
        if (auto found = access_log_date(text, near)) return found;
        return day_less_time(text, near);
    }
    return month_first_date(text, near);
}

std::optional<EventTime> parse_timestamp(std::string_view text, std::optional<EventTime> near) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    if (const auto found = leading_timestamp(text, near); found && found->length == text.size()) return found->time;
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (error != std::errc{}) return {};
    if (end == text.data() + text.size()) return epoch_time(whole);
    if (*end != '.') return {};
    double value = 0;
    const auto [last, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && last == text.data() + text.size() ? epoch_time(value) : std::nullopt;
}

std::optional<EventTime> epoch_time(std::int64_t value) {
    if (in_range(value)) return EventTime{seconds{value}};
    if (in_range(value / 1'000)) return EventTime{milliseconds{value}};
    if (in_range(value / 1'000'000)) return EventTime{microseconds{value}};
    if (in_range(value / 1'000'000'000)) return EventTime{duration_cast<microseconds>(nanoseconds{value})};
    return {};
}

std::optional<EventTime> epoch_time(double value) {
    if (!std::isfinite(value) || std::abs(value) > 9e18) return {};
    if (value == std::floor(value)) return epoch_time(static_cast<std::int64_t>(value));
    double micros = value;
    if (in_range(static_cast<std::int64_t>(value)))
        micros = value * 1e6;
    else if (in_range(static_cast<std::int64_t>(value / 1e3)))
        micros = value * 1e3;
    else
        return {};
    return EventTime{microseconds{std::llround(micros)}};
}

}  // namespace culprit
