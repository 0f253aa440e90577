#include "daemon/web/operator_api.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdio>
#include <initializer_list>

#include "daemon/text_values.h"
#include "daemon/words/json_fields.h"
#include "daemon/words/wording.h"

namespace culprit {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr std::size_t kName = 100, kText = 1'000;
constexpr Duration kLongest =
    std::chrono::days{30};  // of a silence or a window: what is forgotten should not stay quiet for ever

/// A request's body, read key by key; the first thing that is wrong with it stays.
class Body {
   public:
    Body(std::string_view text, std::initializer_list<std::string_view> known)
        : json_(json::parse(text.empty() ? "{}" : text, nullptr, false)) {
        if (!json_.is_object()) {
            problem_ = "expected a JSON object as the body";
            return;
        }
        for (const auto& [key, value] : json_.items())
            if (std::ranges::find(known, key) == known.end()) {
                problem_ = "'" + key + "' is not known here; there are";
                for (const std::string_view name : known) problem_ += std::string(" ") + std::string(name);
            }
    }

    std::string text(const char* key, std::size_t limit) {
        const json& value = field(json_, key);
        if (value.is_null()) return {};
        if (!value.is_string() || value.get_ref<const std::string&>().size() > limit) {
            fail(std::string(key) + ": expected a text of at most " + std::to_string(limit) + " bytes");
            return {};
        }
        return value.get<std::string>();
    }
    bool flag(const char* key) {
        const json& value = field(json_, key);
        if (!value.is_null() && !value.is_boolean()) fail(std::string(key) + ": expected true or false");
        return value.is_boolean() && value.get<bool>();
    }
    std::optional<EventTime> time(const char* key) {
        const std::string text = this->text(key, kName);
        if (text.empty()) return std::nullopt;
        const auto time = parse_time(text);
        if (!time) fail(std::string(key) + ": expected a time such as 2026-02-01T02:00:00Z, not '" + text + "'");
        return time;
    }
    double number(const char* key) {
        const json& value = field(json_, key);
        if (!value.is_null() && !value.is_number()) fail(std::string(key) + ": expected a number");
        return value.is_number() ? value.get<double>() : 0;
    }
    void fail(std::string problem) {
        if (problem_.empty()) problem_ = std::move(problem);
    }
    const std::string& problem() const { return problem_; }

   private:
    json json_;
    std::string problem_;
};

std::string hash_of(const OperatorNote& note) {
    const std::string text = note.environment + '\n' + note.database + '\n' + std::to_string(to_micros(note.from)) + '\n' +
                             std::to_string(to_micros(note.until)) + '\n' + std::to_string(to_micros(note.time));
    char hex[17];
    std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
    return hex;
}

}  // namespace

Result<OperatorNote> note_on(const KeptIncident& incident, NoteKind kind, std::string_view body, const Speaker& speaker) {
    Body said = kind == NoteKind::acknowledge ? Body(body, {"text", "by", "withdrawn"})
                : kind == NoteKind::silence   ? Body(body, {"until", "minutes", "text", "by", "withdrawn"})
                                              : Body(body, {"verdict", "cause", "text", "by"});
    OperatorNote note;
    note.kind = kind;
    note.time = speaker.now;
    note.id = incident.document.id;
    note.problem_kind = incident.summary.kind;
    note.problem_name = incident.summary.name;
    note.environment = incident.summary.environment;
    note.database = incident.summary.database;
    note.moment = incident.summary.began;
    note.author = speaker.name.empty() ? said.text("by", kName) : speaker.name;
    note.text = said.text("text", kText);
    if (kind != NoteKind::feedback) note.withdrawn = said.flag("withdrawn");
    if (kind == NoteKind::silence && !note.withdrawn) {
        const auto until = said.time("until");
        const double minutes = said.number("minutes");
        if (!until && !(minutes > 0)) said.fail("until or minutes is missing: how long shall it be silent?");
        note.until = until ? *until
                           : speaker.now + std::chrono::duration_cast<Duration>(
                                               std::chrono::duration<double, std::ratio<60>>(std::clamp(minutes, 0.0, 1e6)));
        if (note.until <= speaker.now) said.fail("until: this is in the past");
        if (note.until > speaker.now + kLongest) said.fail("until: at most 30 days");
    }
    if (kind == NoteKind::feedback) {
        note.verdict = said.text("verdict", kName);
        note.cause = said.text("cause", kText);
        if (note.verdict != "right" && note.verdict != "wrong" && note.verdict != "other")
            said.fail("verdict: expected right, wrong or other");
        if (note.verdict == "other" && note.cause.empty()) said.fail("cause: what was it, when it was something else?");
    }
    if (!said.problem().empty()) return Error{said.problem()};
    return note;
}

Result<OperatorNote> maintenance_note(std::string_view body, const Speaker& speaker) {
    Body said(body, {"environment", "database", "everywhere", "from", "until", "text", "by"});
    OperatorNote note;
    note.kind = NoteKind::maintenance;
    note.time = speaker.now;
    note.environment = said.text("environment", kName);
    note.database = said.text("database", kName);
    note.author = speaker.name.empty() ? said.text("by", kName) : speaker.name;
    note.text = said.text("text", kText);
    const auto from = said.time("from"), until = said.time("until");
    if (!from || !until) said.fail("from and until are needed, such as 2026-02-01T02:00:00Z");
    note.from = from.value_or(EventTime{});
    note.until = until.value_or(EventTime{});
    if (note.until <= note.from) said.fail("until: has to be after from");
    if (note.until > note.from + kLongest) said.fail("until: at most 30 days after from");
    if (note.environment.empty() && note.database.empty() && !said.flag("everywhere"))
        said.fail("environment or database is needed; for a window everywhere say so by \"everywhere\": true");
    if (!said.problem().empty()) return Error{said.problem()};
    note.id = hash_of(note);
    return note;
}

Result<OperatorNote> ending_of(OperatorNote window, const Speaker& speaker) {
    if (window.until <= speaker.now) return Error{"this maintenance window is over"};
    if (window.from > speaker.now)
        window.withdrawn = true;
    else
        window.until = speaker.now;
    window.time = std::max(speaker.now, window.time + Duration{1});  // the later word holds
    return window;
}

}  // namespace culprit
