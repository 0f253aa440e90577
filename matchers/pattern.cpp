#include "matchers/pattern.h"

#include <algorithm>

namespace culprit {
namespace {

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    const auto lower = [](char letter) { return std::tolower(static_cast<unsigned char>(letter)); };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [&](char a, char b) { return lower(a) == lower(b); });
}

bool holds(const FieldCondition& condition, const Record& record, Captures& captures) {
    const auto value = field_of(record, condition.field);
    if (value.empty()) return false;
    if (condition.match) {
        auto found = find_match(*condition.match, value);
        if (!found) return false;
        captures.merge(found->captures);
        return true;
    }
    return std::any_of(condition.values.begin(), condition.values.end(),
                       [&](const std::string& wanted) { return equal_ignoring_case(value, wanted); });
}

}  // namespace

std::optional<PatternMatch> find_match(const re2::RE2& expression, std::string_view text, std::size_t from) {
    if (from > text.size()) return std::nullopt;
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>(expression.NumberOfCapturingGroups()) + 1);
    const re2::StringPiece whole(text.data(), text.size());
    if (!expression.Match(whole, from, text.size(), re2::RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size())))
        return std::nullopt;
    PatternMatch match;
    match.begin = static_cast<std::size_t>(groups[0].data() - text.data());
    match.end = match.begin + groups[0].size();
    for (const auto& [name, index] : expression.NamedCapturingGroups()) {
        const auto& group = groups[static_cast<std::size_t>(index)];
        if (group.data() == nullptr || group.empty()) continue;
        // `constraint_2` stands for `constraint` in another branch: RE2 wants names once.
        const auto base =
            name.size() > 2 && name[name.size() - 2] == '_' && std::isdigit(static_cast<unsigned char>(name.back())) != 0
                ? name.substr(0, name.size() - 2)
                : name;
        match.captures.try_emplace(base, group.data(), group.size());
    }
    return match;
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

bool conditions_hold(const Pattern& pattern, const Record& record, Captures& captures) {
    if (pattern.side && *pattern.side != record.side) return false;
    if (pattern.logger && !re2::RE2::PartialMatch(record.logger, *pattern.logger)) return false;
    for (const auto& condition : pattern.when) {
        if (!holds(condition, record, captures)) return false;
    }
    for (const auto& [capture, field] : pattern.take) {
        if (const auto value = field_of(record, field); !value.empty()) captures.try_emplace(capture, value);
    }
    return true;
}

}  // namespace culprit
