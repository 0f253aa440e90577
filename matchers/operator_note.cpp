#include "matchers/operator_note.h"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "matchers/log_entry_json.h"

namespace culprit {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kKinds{"acknowledge", "silence", "feedback", "maintenance"};

using Text = std::string OperatorNote::*;
constexpr std::array<std::pair<const char*, Text>, 9> kTexts{{{"id", &OperatorNote::id},
                                                              {"author", &OperatorNote::author},
                                                              {"text", &OperatorNote::text},
                                                              {"problem_kind", &OperatorNote::problem_kind},
                                                              {"problem_name", &OperatorNote::problem_name},
                                                              {"environment", &OperatorNote::environment},
                                                              {"database", &OperatorNote::database},
                                                              {"verdict", &OperatorNote::verdict},
                                                              {"cause", &OperatorNote::cause}}};
using Time = EventTime OperatorNote::*;
constexpr std::array<std::pair<const char*, Time>, 4> kTimes{{{"time", &OperatorNote::time},
                                                              {"moment", &OperatorNote::moment},
                                                              {"from", &OperatorNote::from},
                                                              {"until", &OperatorNote::until}}};

}  // namespace

std::string_view to_string(NoteKind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }

std::optional<NoteKind> note_kind(std::string_view text) {
    for (std::size_t at = 0; at < kKinds.size(); ++at)
        if (kKinds[at] == text) return static_cast<NoteKind>(at);
    return std::nullopt;
}

json note_to_json(const OperatorNote& note) {
    json result{{"kind", to_string(note.kind)}};
    if (note.withdrawn) result["withdrawn"] = true;
    for (const auto& [name, member] : kTexts)
        if (!(note.*member).empty()) result[name] = note.*member;
    for (const auto& [name, member] : kTimes)
        if (note.*member != EventTime{}) result[name] = to_micros(note.*member);
    return result;
}

OperatorNote note_from_json(const json& from) {
    OperatorNote note;
    const auto kind = note_kind(from.at("kind").get<std::string>());
    if (!kind) throw std::out_of_range("a note of an unknown kind");
    note.kind = *kind;
    note.withdrawn = from.value("withdrawn", false);
    for (const auto& [name, member] : kTexts) note.*member = from.value(name, std::string());
    for (const auto& [name, member] : kTimes) note.*member = from_micros(from.value(name, std::int64_t{0}));
    return note;
}

}  // namespace culprit
