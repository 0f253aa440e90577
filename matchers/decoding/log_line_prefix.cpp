#include "matchers/decoding/log_line_prefix.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "matchers/decoding/timestamp.h"

namespace culprit {
namespace {

constexpr std::size_t kLongestName = 64;      // NAMEDATALEN; `[unknown]` fits too
constexpr std::size_t kLongestHost = 260;     // a host name with its port
constexpr std::size_t kLongestPrefix = 1024;  // of one that is not configured
constexpr int kMostSteps = 20'000;            // against lines made to be ambiguous

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

bool is_name(char escape) { return std::string_view{"udarhbi"}.find(escape) != std::string_view::npos; }
std::size_t longest(char escape) { return escape == 'r' || escape == 'h' ? kLongestHost : kLongestName; }

template <class Predicate>
std::size_t run_length(std::string_view text, Predicate predicate) {
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), predicate) - text.begin());
}

/// %t, %m, %s. PostgreSQL always prints a zone; where it is one that nobody knows, it is passed over.
std::optional<LeadingTimestamp> server_timestamp(std::string_view text, std::optional<EventTime> near) {
    if (text.size() < 20 || !is_digit(text[0]) || text[4] != '-' || text[10] != ' ') return {};
    auto time = leading_timestamp(text, near);
    if (!time || !time->dated || text.substr(0, time->length).find(',') != text.npos) return {};
    const std::size_t clock = 19 + (text[19] == '.' ? 1 + run_length(text.substr(20), is_digit) : 0);
    if (time->length > clock) return time;
    const std::string_view rest = text.substr(clock);
    const std::size_t zone = rest.size() < 2 || rest[0] != ' ' ? 0 : run_length(rest.substr(1), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    });
    if (zone < 2 || zone > 6) return {};
    time->length = clock + 1 + zone;
    return time;
}

std::optional<std::int64_t> integer(std::string_view digits) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return {};
    return value;
}

/// The bytes that an escape with a shape of its own takes at the front of `text`; nothing when its shape is not there.
std::optional<std::size_t> shaped_length(char escape, std::string_view text) {
    const std::size_t digits = run_length(text, is_digit);
    switch (escape) {
        case 'p':
        case 'l':
        case 'x':
            return digits > 0 ? std::optional{digits} : std::nullopt;
        case 'P':
            return digits;
        case 'Q':
            return text.starts_with('-') ? 1 + run_length(text.substr(1), is_digit) : digits;
        case 'n': {
            if (digits == 0 || digits >= text.size() || text[digits] != '.') return {};
            return digits + 1 + run_length(text.substr(digits + 1), is_digit);
        }
        case 'c': {
            const std::size_t first = run_length(text, is_hex);
            if (first == 0 || first >= text.size() || text[first] != '.') return {};
            return first + 1 + run_length(text.substr(first + 1), is_hex);
        }
        case 'v':
            if (digits == 0) return 0;
            if (digits >= text.size() || text[digits] != '/') return {};
            return digits + 1 + run_length(text.substr(digits + 1), is_digit);
        case 'e':
            return is_sqlstate(text.substr(0, 5)) ? std::optional<std::size_t>{5} : std::nullopt;
        default:
            return {};
    }
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

}  // namespace

/// The times of one line, each read once for all prefixes that are tried.
class LogLinePrefix::Times {
   public:
    Times(std::string_view line, std::optional<EventTime> near) : line_(line), near_(near) {}

    const std::optional<LeadingTimestamp>& at(std::size_t place) {
        for (std::size_t i = 0; i < known_; ++i) {
            if (read_[i].place == place) return read_[i].time;
        }
        Read& read = read_[known_ < read_.size() ? known_++ : 0];
        read = {place, server_timestamp(line_.substr(place), near_)};
        return read.time;
    }

   private:
    struct Read {
        std::size_t place = 0;
        std::optional<LeadingTimestamp> time;
    };
    const std::string_view line_;
    const std::optional<EventTime> near_;
    std::array<Read, 4> read_;
    std::size_t known_ = 0;
};

/// Depth-first over the tokens; names are tried from the shortest on.
struct LogLinePrefix::Search {
    const std::vector<Token>& tokens;
    std::string_view line;
    Times& times;
    PrefixedLine found{};
    int steps = 0;
    bool only_to_names = false;  // for `begins`
    bool saw_identity = false;

    bool label_at(std::size_t at) {
        const auto label = label_at_start(line.substr(at));
        if (!label) return false;
        found.label = *label;
        found.text = line.substr(at + label->length);
        return true;
    }

    void keep(char escape, std::string_view value) {
        switch (escape) {
            case 'u':
                found.user = value;
                break;
            case 'd':
                found.database = value;
                break;
            case 'a':
                found.application_name = value;
                break;
            case 'r':
                found.host = value.substr(0, value.find('('));
                break;
            case 'h':
                found.host = value;
                break;
            case 'b':
                found.backend_type = value;
                break;
            case 'p':
                found.pid = integer(value);
                break;
            case 'l':
                found.line_number = integer(value);
                break;
            case 'c':
                found.session_id = value;
                break;
            case 'e':
                found.sqlstate = value;
                break;
            case 'n':
                if (const auto time = parse_timestamp(value)) found.time = time;
                break;
            default:
                break;
        }
    }

    bool from(std::size_t token, std::size_t at) {
        if (++steps > kMostSteps) return false;
        if (token == tokens.size()) return !only_to_names && label_at(at);
        const Token& next = tokens[token];
        const std::string_view rest = line.substr(at);
        if (next.escape == 0) return rest.starts_with(next.literal) && from(token + 1, at + next.literal.size());
        if (next.escape == 'q') {
            if (only_to_names) return saw_identity;
            const PrefixedLine before = found;
            if (from(token + 1, at)) return true;
            found = before;
            return label_at(at);
        }
        if (next.escape == 't' || next.escape == 'm' || next.escape == 's') {
            const auto time = times.at(at);
            if (!time) return false;
            if (next.escape != 's' || !found.time) found.time = time->time;
            saw_identity = true;
            return from(token + 1, at + time->length);
        }
        if (!is_name(next.escape)) return shaped(next, token, at);
        return only_to_names ? saw_identity : named(next, token, at);
    }

    bool shaped(const Token& next, std::size_t token, std::size_t at) {
        if (next.padded) at += run_length(line.substr(at), [](char c) { return c == ' '; });
        const auto length = shaped_length(next.escape, line.substr(at));
        if (!length) return false;
        keep(next.escape, line.substr(at, *length));
        saw_identity = saw_identity || next.escape == 'p';
        at += *length;
        if (next.padded) at += run_length(line.substr(at), [](char c) { return c == ' '; });
        return from(token + 1, at);
    }

    bool named(const Token& next, std::size_t token, std::size_t at) {
        const std::size_t most = std::min(longest(next.escape), line.size() - at);
        const std::string_view literal =
            token + 1 < tokens.size() ? std::string_view{tokens[token + 1].literal} : std::string_view{};
        for (std::size_t length = 0; length <= most; ++length) {
            if (!literal.empty()) {  // jump to where the name can end
                const std::size_t end = line.find(literal, at + length);
                if (end == line.npos || end - at > most) return false;
                length = end - at;
            }
            const PrefixedLine before = found;
            const std::string_view value = line.substr(at, length);
            keep(next.escape, next.padded ? trimmed(value) : value);
            if (from(token + 1, at + length)) return true;
            found = before;
            if (steps > kMostSteps) return false;
        }
        return false;
    }
};

Result<LogLinePrefix> LogLinePrefix::compile(std::string_view setting) {
    static constexpr std::string_view kEscapes = "audrhbpPtmniecslvxqQ";
    LogLinePrefix prefix;
    prefix.setting_ = setting;
    const auto literal = [&](char c) {
        if (prefix.tokens_.empty() || prefix.tokens_.back().escape != 0) prefix.tokens_.push_back({});
        prefix.tokens_.back().literal += c;
    };
    for (std::size_t i = 0; i < setting.size(); ++i) {
        if (setting[i] != '%') {
            literal(setting[i]);
            continue;
        }
        std::size_t escape = i + 1;
        if (escape < setting.size() && setting[escape] == '-') ++escape;
        while (escape < setting.size() && is_digit(setting[escape])) ++escape;
        if (escape >= setting.size()) return Error{"log_line_prefix ends within an escape: give the server's setting as it is"};
        if (setting[escape] == '%') {
            literal('%');
        } else if (kEscapes.find(setting[escape]) == kEscapes.npos) {
            return Error{std::string{"log_line_prefix has the escape %"} + setting[escape] +
                         ", which PostgreSQL does not have: give the server's setting as it is"};
        } else {
            prefix.tokens_.push_back({setting[escape], escape > i + 1, {}});
        }
        i = escape;
    }
    return prefix;
}

std::optional<PrefixedLine> LogLinePrefix::match(std::string_view line, Times& times) const {
    Search search{tokens_, line, times};
    if (!search.from(0, 0)) return {};
    return search.found;
}

std::optional<PrefixedLine> LogLinePrefix::match(std::string_view line, std::optional<EventTime> near) const {
    Times times(line, near);
    return match(line, times);
}

std::optional<PrefixedLine> LogLinePrefix::best_match(const std::vector<LogLinePrefix>& prefixes, std::string_view line,
                                                      std::optional<EventTime> near) {
    std::size_t first_label = 0;
    const std::size_t end = std::min(line.size(), kLongestPrefix);
    while (first_label < end && !label_at_start(line.substr(first_label))) ++first_label;
    if (first_label == end) return {};  // no prefix can match
    Times times(line, near);
    std::optional<PrefixedLine> best;
    for (const auto& prefix : prefixes) {
        auto found = prefix.match(line, times);
        if (!found || (best && found->text.size() <= best->text.size())) continue;
        best = std::move(found);
        if (best->text.size() + best->label.length + first_label == line.size()) break;  // none can leave less to names
    }
    return best;
}

bool LogLinePrefix::begins(std::string_view line) const {
    Times times(line, {});
    Search search{tokens_, line, times};
    search.only_to_names = true;
    return search.from(0, 0);
}

const std::vector<LogLinePrefix>& common_log_line_prefixes() {
    static const std::vector<LogLinePrefix> prefixes = [] {
        static constexpr std::array kSettings = std::to_array<std::string_view>({
            "%m [%p] %q%u@%d/%a ",
            "%m [%p] %q%u@%d ",
            "%m [%p] %q[user=%u,db=%d,app=%a] ",
            "%m [%p] %quser=%u,db=%d,app=%a,client=%h ",
            "%m [%p] %quser=%u,db=%d,app=%a ",
            "%m [%p] %quser=%u,db=%d ",
            "%m [%p]: [%l-1] %quser=%u,db=%d,app=%a,client=%h ",
            "%m [%p]: [%l-1] %quser=%u,db=%d,client=%h ",
            "%m [%p]: [%l-1] %quser=%u,db=%d ",
            "%m [%p]: [%l-1] %qdb=%d,user=%u,app=%a,client=%h ",
            "%m [%p]: [%l-1] %qdb=%d,user=%u ",
            "%m [%p]: %quser=%u,db=%d,app=%a,client=%h ",
            "%m [%p]: [%l] ",
            "%m [%p-%l] %q%u@%d ",
            "%m [%p]: ",
            "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:",
            "%m:%r:%u@%d:[%p]:",
            "%m-%c-",
            "%m %u@%d [%p] ",
            "%m %q%u@%d ",
            "%m %p %q%u@%d ",
            "%m [%c] %q%u@%d ",
            "%m:%u@%d:[%p]: ",
            "%m [%p]: [%l-1] %c %x %d %u %a %h ",  // Spilo's
            "%m [%p] %b ",
            "%m %c %l %x %v %e: ",
            "%h %m [%p] %q%u@%d ",  // Supabase's
            "%n [%p] %q%u@%d ",
            "[%m] - %p %q- %u@%h:%d - %a ",
            "< %m > ",
            "< %m >",
            "<%m>",
            "%m [%p] ",
            "%m ",
            "[%p] %m %q%u@%d ",
            "[%m] [%p] %q%u@%d ",
            "[%m] ",
        });
        std::vector<LogLinePrefix> compiled;
        for (const auto setting : kSettings) {
            if (auto prefix = LogLinePrefix::compile(setting); prefix.ok()) compiled.push_back(std::move(prefix).value());
        }
        return compiled;
    }();
    return prefixes;
}

}  // namespace culprit
