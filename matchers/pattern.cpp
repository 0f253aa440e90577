#include "matchers/pattern.h"

#include <re2/re2.h>

#include <algorithm>

namespace culprit {
namespace {

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    const auto lower = [](char letter) { return std::tolower(static_cast<unsigned char>(letter)); };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [&](char a, char b) { return lower(a) == lower(b); });
}

constexpr std::size_t kMostJoined = 10;

/// Of several values that match, what they caught is joined: a push may bring several migrations.
void join(Captures& into, const Captures& more) {
    for (const auto& [name, value] : more) {
        auto& joined = into[name];
        if (joined.find(value) == std::string::npos) joined += (joined.empty() ? "" : ", ") + value;
    }
}

bool holds(const FieldCondition& condition, const Record& record, Captures& captures) {
    const auto values = values_of(record, condition.field);
    if (condition.absent) return values.empty();
    if (!condition.match) {
        const bool any = std::any_of(values.begin(), values.end(), [&](std::string_view value) {
            return std::any_of(condition.values.begin(), condition.values.end(),
                               [&](const std::string& wanted) { return equal_ignoring_case(value, wanted); });
        });
        return any != condition.none;
    }
    Captures caught;
    std::size_t matches = 0;
    for (const auto value : values) {
        const auto found = find_match(*condition.match, value);
        if (!found) continue;
        join(caught, found->captures);
        if (++matches == kMostJoined) break;
    }
    captures.merge(caught);
    return matches > 0;
}

/// `*` stands for one part of a dotted name.
bool name_matches(std::string_view pattern, std::string_view name) {
    for (;;) {
        const auto part = pattern.substr(0, pattern.find('.')), actual = name.substr(0, name.find('.'));
        if (part != "*" && part != actual) return false;
        const bool last = part.size() == pattern.size();
        if (last || actual.size() == name.size()) return last && actual.size() == name.size();
        pattern.remove_prefix(part.size() + 1);
        name.remove_prefix(actual.size() + 1);
    }
}

/// What the earlier line caught, when there is one.
std::optional<Captures> found_before(const EarlierLine& wanted, const Record& record) {
    for (const auto& line : record.before) {
        if (auto match = find_match(*wanted.line, line)) return std::move(match->captures);
        if (wanted.until && find_match(*wanted.until, line)) return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::optional<PatternSpans> find_spans(const Expression& expression, std::string_view text, std::size_t from) {
    if (from > text.size()) return std::nullopt;
    const re2::RE2& compiled = expression.compiled();
    if (!compiled.ok()) return std::nullopt;
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>(compiled.NumberOfCapturingGroups()) + 1);
    const re2::StringPiece whole(text.data(), text.size());
    if (!compiled.Match(whole, from, text.size(), re2::RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size())))
        return std::nullopt;
    PatternSpans spans(groups.size());
    for (std::size_t group = 0; group < groups.size(); ++group) {
        if (groups[group].data() == nullptr) continue;
        spans[group].begin = static_cast<std::size_t>(groups[group].data() - text.data());
        spans[group].end = spans[group].begin + groups[group].size();
    }
    return spans;
}

PatternMatch read_spans(const Expression& expression, const PatternSpans& spans, std::string_view text) {
    PatternMatch match;
    match.begin = spans.front().begin;
    match.end = spans.front().end;
    for (const auto& [name, group] : expression.named_groups()) {
        const Span& span = spans[group];
        if (span.begin == std::string_view::npos || span.begin == span.end) continue;
        match.captures.try_emplace(name, text.substr(span.begin, span.end - span.begin));
    }
    return match;
}

std::optional<PatternMatch> find_match(const Expression& expression, std::string_view text, std::size_t from) {
    const auto spans = find_spans(expression, text, from);
    if (!spans) return std::nullopt;
    return read_spans(expression, *spans, text);
}

std::string_view field_of(const Record& record, std::string_view name) {
    if (const auto found = record.fields.find(std::string(name)); found != record.fields.end() && !found->second.empty())
        return found->second;
    if (name == "message" || name == "msg") return record.message;
    if (name == "logger") return record.logger;
    if (name == "level") return record.level;
    if (name == "service" || name == "service.name") return record.scope.service;
    if (name == "environment" || name == "service.environment") return record.scope.environment;
    if (name == "database") return record.scope.database;
    if (name == "version" || name == "release" || name == "service.version") return record.scope.release;
    if (name == "host") return record.scope.host;
    if (name == "user") return record.user;
    return {};
}

std::vector<std::string_view> values_of(const Record& record, std::string_view names) {
    std::vector<std::string_view> values;
    while (!names.empty()) {
        const auto name = names.substr(0, names.find('|'));
        names.remove_prefix(std::min(names.size(), name.size() + 1));
        const auto star = name.find('*');
        if (star == std::string_view::npos) {
            if (const auto value = field_of(record, name); !value.empty()) values.push_back(value);
            continue;
        }
        const std::string beginning(name.substr(0, star));
        for (auto field = record.fields.lower_bound(beginning);
             field != record.fields.end() && field->first.starts_with(beginning); ++field) {
            if (!field->second.empty() && name_matches(name, field->first)) values.emplace_back(field->second);
        }
    }
    return values;
}

bool conditions_hold(const Pattern& pattern, const Record& record, Captures& captures) {
    if (pattern.side && *pattern.side != record.side) return false;
    if (pattern.logger && !re2::RE2::PartialMatch(record.logger, *pattern.logger)) return false;
    for (const auto& condition : pattern.when) {
        if (!holds(condition, record, captures)) return false;
    }
    if (pattern.unless_after && found_before(*pattern.unless_after, record)) return false;
    if (pattern.after) {
        auto earlier = found_before(*pattern.after, record);
        if (!earlier) return false;
        captures.merge(*earlier);
    }
    for (const auto& [capture, fields] : pattern.take) {
        for (const auto& field : fields) {
            const auto values = values_of(record, field.field);
            if (values.empty()) continue;
            if (!field.match) {
                captures.try_emplace(capture, values.front());
                break;
            }
            const auto match = find_match(*field.match, values.front());
            if (!match || match->begin == match->end) continue;
            captures.try_emplace(capture, values.front().substr(match->begin, match->end - match->begin));
            break;
        }
    }
    return true;
}

}  // namespace culprit
