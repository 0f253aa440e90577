#include "matchers/unmatched.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "matchers/catalogue.h"
#include "matchers/error_context.h"
#include "matchers/log_entry_json.h"
#include "matchers/look_alikes.h"
#include "matchers/recognition.h"
#include "matchers/rules.h"
#include "matchers/told_error.h"

namespace culprit {
namespace {

constexpr std::size_t kTried = 8;  // patterns named of one entry

constexpr std::string_view kText = "no_match", kConditions = "other_conditions", kLookAlike = "look_alike", kNoCode = "no_code",
                           kOtherCode = "other_code", kLevel = "level", kUnknownText = "unknown_text",
                           kUnknownSqlstate = "unknown_sqlstate", kNoise = "follows_another_error",
                           kBookkeeping = "bookkeeping_table", kStatement = "statement_without_effect",
                           kToldBefore = "told_before", kUndecodable = "undecodable";

bool is_error_level(std::string_view level) {
    static constexpr std::array<std::string_view, 4> kErrors{"error", "critical", "fatal", "panic"};
    return std::find(kErrors.begin(), kErrors.end(), level) != kErrors.end();
}

Unmatched entry_of(const Record& record, std::string_view reason, const Recognition& recognition) {
    Unmatched entry;
    entry.source = record.source;
    entry.time = record.time;
    entry.side = record.side;
    entry.scope = record.scope;
    entry.format = record.format;
    entry.level = record.level;
    entry.logger = record.logger;
    entry.sqlstate = record.sqlstate;
    entry.reason = reason;
    for (const auto& known : unmatched_reasons())
        if (known.name == reason) entry.explanation = known.explanation;
    if (recognition.redactor().shows_values())
        entry.message = cut_utf8(record.message.substr(0, record.message.find('\n')), 1024);
    return entry;
}

/// Why this pattern says nothing of the application's record.
std::string_view why_not(const Pattern& pattern, const Record& record, const TextSearch& text, const Ranges& ranges,
                         const Catalogue& catalogue) {
    Captures captures;
    if (pattern.match && !text.holds(*pattern.match)) return kText;
    if (!conditions_hold(pattern, record, captures)) return kConditions;
    if (pattern.match) {
        const auto match = first_genuine(*pattern.match, text, ranges);
        if (!match) return kLookAlike;
        captures.insert(match->captures.begin(), match->captures.end());
    }
    const auto code = code_of(pattern, captures, catalogue.sqlstates());
    if (code.empty()) return kNoCode;
    if (catalogue.is_noise(code)) return kNoise;
    if (!catalogue.sqlstates().condition(record.sqlstate).empty() && code != record.sqlstate) return kOtherCode;
    return tells_of_an_error(record, catalogue) ? kBookkeeping : kLevel;
}

/// Of an application's record: the reason that says most, and what was tried.
Unmatched of_application(const Record& record, const Recognition& recognition, const CandidateIndex::Scratch& scratch) {
    const auto& catalogue = recognition.catalogue();
    const TextSearch text(scratch.text());
    const auto ranges = look_alikes(record, text, scratch.candidates(), catalogue);
    // Best last.
    static constexpr std::array kOrder{kUnknownText, kText,      kConditions, kNoCode,     kOtherCode,
                                       kNoise,       kLookAlike, kLevel,      kBookkeeping};
    const auto rank = [](std::string_view reason) { return std::find(kOrder.begin(), kOrder.end(), reason) - kOrder.begin(); };
    std::vector<Unmatched::Tried> tried;
    std::string docs;
    for (const auto index : scratch.candidates()) {
        const Pattern& pattern = catalogue.patterns()[index];
        if (pattern.adds_only) continue;
        if (pattern.says_nothing) {
            Captures ignored;
            if (!conditions_hold(pattern, record, ignored) || (pattern.match && !text.holds(*pattern.match))) continue;
            tried.push_back({pattern.id, std::string(kLookAlike)});
            if (docs.empty()) docs = pattern.docs;
            continue;
        }
        const auto why = why_not(pattern, record, text, ranges, catalogue);
        if (pattern.family != Family::symptom && why != kConditions) continue;  // a tool's words say nothing of this error
        tried.push_back({pattern.id, std::string(why)});
    }
    std::stable_sort(tried.begin(), tried.end(), [&](const auto& a, const auto& b) { return rank(a.why) > rank(b.why); });
    std::string_view reason = tried.empty() ? kUnknownText : std::string_view(tried.front().why);
    if (!record.sqlstate.empty() && catalogue.is_noise(record.sqlstate)) reason = kNoise;
    Unmatched entry = entry_of(record, reason, recognition);
    if (reason == kLookAlike && !docs.empty()) entry.explanation += ": " + docs;
    if (tried.size() > kTried) tried.resize(kTried);
    entry.tried = std::move(tried);
    return entry;
}

/// Of a record of the server's own.
Unmatched of_server(const Record& record, const Recognition& recognition) {
    const auto& catalogue = recognition.catalogue();
    if (!tells_of_an_error(record, catalogue)) {
        for (const auto& introduction : catalogue.statement_introductions()) {
            const auto match = find_match(*introduction.match, record.message);
            if (match && match->begin == 0) return entry_of(record, kStatement, recognition);
        }
        return entry_of(record, kLevel, recognition);
    }
    std::string code = record.sqlstate;
    if (code.empty() && read_context(record.context).raised) code = raised_sqlstate(record, catalogue.sqlstates());
    if (code.empty()) {
        if (const auto match = catalogue.server_texts().find(record)) code = match->sqlstate;
    }
    const std::string_view reason = code.empty()                                    ? kUnknownText
                                    : catalogue.is_noise(code)                      ? kNoise
                                    : catalogue.sqlstates().condition(code).empty() ? kUnknownSqlstate
                                                                                    : kBookkeeping;
    Unmatched entry = entry_of(record, reason, recognition);
    entry.sqlstate = code;
    return entry;
}

}  // namespace

const std::vector<UnmatchedReason>& unmatched_reasons() {
    static const std::vector<UnmatchedReason> reasons{
        {kUnknownText, "no text of the catalogue is in it, and it gives no SQLSTATE: another program's error, or one to add"},
        {kText, "it holds words that the catalogue looks for, but no pattern matches it as a whole"},
        {kConditions, "a pattern matches its text, but asks for another side, logger, field or earlier line"},
        {kNoCode, "a pattern matches, but the code or exception that it caught is none of PostgreSQL's"},
        {kOtherCode, "a pattern matches, but the record's own SQLSTATE says something else"},
        {kLookAlike, "what reads like an error of PostgreSQL's lies within what the catalogue says is none"},
        {kLevel, "it was logged at a level that is no error's, and tells of no change"},
        {kUnknownSqlstate, "its SQLSTATE is not among those that the catalogue knows"},
        {kNoise, "it only follows another error of its transaction"},
        {kBookkeeping, "it is about a table in which a migration tool keeps its own books"},
        {kStatement, "a logged statement that changes nothing of the schema, and was not slow"},
        {kToldBefore, "an earlier entry tells of the same error; it is counted there, once"},
        {kUndecodable, "it could not be decoded"},
    };
    return reasons;
}

std::optional<Unmatched> explain_unmatched(const Record& record, bool passed_filter, const Recognition& recognition,
                                           CandidateIndex::Scratch& scratch) {
    const bool error =
        is_error_level(record.level) || (record.side == Side::server && tells_of_an_error(record, recognition.catalogue()));
    if (!error && !passed_filter) return std::nullopt;
    if (record.side == Side::server) return of_server(record, recognition);
    recognition.candidates().find(record, scratch);
    return of_application(record, recognition, scratch);
}

Unmatched told_before(const Record& record, const Recognition& recognition) { return entry_of(record, kToldBefore, recognition); }

Unmatched undecodable(const DeadLetter& letter) {
    Unmatched entry;
    entry.source = letter.source;
    entry.reason = kUndecodable;
    entry.explanation = letter.reason + (letter.explanation.empty() ? "" : ": " + letter.explanation);
    return entry;
}

std::string to_json_line(const Unmatched& entry) {
    using nlohmann::json;
    json why{{"reason", entry.reason}, {"explanation", entry.explanation}};
    for (const auto& tried : entry.tried) why["tried"].push_back({{"pattern", tried.pattern}, {"why", tried.why}});
    json result{{"side", to_string(entry.side)}, {"source", source_as_shown(entry.source)}, {"unmatched", std::move(why)}};
    if (entry.time) result["time"] = to_rfc3339(*entry.time);
    const auto put = [&](const char* name, const std::string& value) {
        if (!value.empty()) result[name] = value;
    };
    put("environment", entry.scope.environment);
    put("service", entry.scope.service);
    put("database", entry.scope.database);
    put("release", entry.scope.release);
    put("host", entry.scope.host);
    put("format", entry.format);
    put("level", entry.level);
    put("logger", entry.logger);
    put("sqlstate", entry.sqlstate);
    put("message", entry.message);
    return result.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace culprit
