#include "correlator/playbook.h"

#include <algorithm>
#include <kainjow/mustache.hpp>

#include "correlator/playbook_names.h"

namespace culprit {

namespace {

constexpr std::uint64_t kOften = 10;  // times that few keys come, for them to be the same again and again

bool asks_for(const std::set<std::string>& wanted, std::string_view is) {
    return wanted.empty() || wanted.contains(std::string(is));
}

bool asks_for(const std::optional<bool>& wanted, bool is) { return !wanted || *wanted == is; }

bool has_size(const std::string& wanted, std::size_t size) { return wanted.empty() || (wanted == "one" ? size == 1 : size > 1); }

bool holds_word(std::string text, std::string word) {
    const auto lower = [](std::string& each) {
        std::ranges::transform(each, each.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    };
    lower(text);
    lower(word);
    return text.find(word) != std::string::npos;
}

/// Of the users that the logs name: each of them met it several times, or it went through many of them.
bool users_fit(const std::string& wanted, const Incident& incident) {
    if (wanted.empty()) return true;
    const std::uint64_t users = incident.sum.users.estimate();
    const bool few = users * 5 <= incident.count;
    return users > 0 && (wanted == "few" ? few : !few && users > 1);
}

bool asks_about_cause(const Conditions& when) {
    return !when.causes.empty() || !when.operations.empty() || !when.phases.empty() || !when.evidence.empty() ||
           !when.statement.empty() || when.sequence || when.failed || when.awaited || when.before;
}

bool cause_fits(const Conditions& when, const Cause& cause) {
    const bool weighed = when.evidence.empty() || std::ranges::any_of(cause.evidence, [&](const EvidenceTerm& term) {
                             return when.evidence.contains(term.name);
                         });
    // A line that a failure followed, or whose event ended in one.
    const bool failed = cause.failed || cause.phase == Phase::failed || cause.effect.phase == Phase::failed;
    return weighed && (asks_for(when.causes, cause.kind) || asks_for(when.causes, cause.effect.kind)) &&
           asks_for(when.operations, cause.effect.operation) &&
           (asks_for(when.phases, to_string(cause.phase)) || asks_for(when.phases, to_string(cause.effect.phase))) &&
           (when.statement.empty() || holds_word(cause.effect.statement, when.statement)) &&
           asks_for(when.sequence, cause.sequence) && asks_for(when.failed, failed) &&
           asks_for(when.awaited, cause.is_awaited || cause.awaited.has_value()) &&
           asks_for(when.before, cause.clock_offset < Duration{});
}

bool fits(const Conditions& when, const Incident& incident) {
    const Tally& sum = incident.sum;
    if (!asks_for(when.symptoms, incident.problem.kind) || !asks_for(when.attributions, to_string(incident.attribution)) ||
        !asks_for(when.trends, to_string(incident.trend)) || !has_size(when.services, incident.services.size()) ||
        !has_size(when.hosts, sum.hosts.size()) || !users_fit(when.users, incident) || incident.count < when.count ||
        incident.rate_per_minute < when.rate_per_minute)
        return false;
    const std::uint64_t keys = sum.keys.estimate();
    if (!asks_for(when.same_keys, keys > 0 && keys * kOften <= incident.count)) return false;
    if (asks_about_cause(when) &&
        (incident.attribution != AttributionState::attributed || !cause_fits(when, incident.causes.front())))
        return false;
    if (when.knows.empty()) return true;
    const PlaybookNames names = names_of(incident);
    return std::ranges::all_of(when.knows, [&](const std::string& name) { return names.contains(name); });
}

std::string render(const std::string& text, const PlaybookNames& names) {
    kainjow::mustache::data values;
    for (const auto& [name, value] : names) values.set(name, value);
    kainjow::mustache::mustache view(text);
    view.set_custom_escape([](const std::string& value) { return value; });  // SQL and plain text, not HTML
    return view.render(values);
}

/// Sentences go on where a name is unknown.
PlaybookNames for_sentences(PlaybookNames names) {
    names.try_emplace("table", "the table");
    names.try_emplace("database", "the database");
    names.try_emplace("services", "the application");
    names.try_emplace("constraint", "the constraint");
    names.try_emplace("name", "what it asks for");
    names.try_emplace("referenced_table", "the table that it refers to");
    names.try_emplace("keys", "its key");
    names.try_emplace("column", "the column");
    names.try_emplace("changed", "what it changed");
    names.try_emplace("changed_table", names.at("table"));
    names.try_emplace("changed_column", names.at("column"));
    names.try_emplace("import_table", "a table of its own");
    names.try_emplace("duplicates_table", "a table of its own");
    return names;
}

std::vector<std::string> render(const std::vector<SqlTemplate>& statements, const PlaybookNames& names) {
    std::vector<std::string> known_in_full;
    for (const SqlTemplate& statement : statements) {
        const auto known = std::ranges::find_if(statement.alternatives, [&](const std::string& sql) {
            return std::ranges::all_of(names_in(sql), [&](const std::string& name) { return names.contains(name); });
        });
        if (known == statement.alternatives.end()) continue;
        std::string sql = render(*known, names);
        if (statement.prints) sql = "/* prints what to run */ " + sql;
        if (!statement.destructive.empty()) sql = "/* DESTRUCTIVE: " + statement.destructive + " */ " + sql;
        known_in_full.push_back(std::move(sql));
    }
    return known_in_full;
}

}  // namespace

Playbooks Playbooks::load(std::span<const EmbeddedFile> files) {
    Playbooks playbooks;
    playbooks.rules_ = read_playbooks(files);
    return playbooks;
}

Diagnosis Playbooks::diagnose(const Incident& incident) const {
    const auto rule = std::ranges::find_if(rules_, [&](const PlaybookRule& rule) { return fits(rule.when, incident); });
    if (rule == rules_.end()) return {};
    const PlaybookNames names = names_of(incident);
    const PlaybookNames words = for_sentences(names);
    Diagnosis diagnosis;
    diagnosis.rule = rule->name;
    diagnosis.summary = render(rule->summary, words);
    for (const std::string& step : rule->steps) diagnosis.steps.push_back(render(step, words));
    diagnosis.verify_sql = render(rule->verify_sql, names);
    diagnosis.fix_sql = render(rule->fix_sql, names);
    diagnosis.references = rule->references;
    return diagnosis;
}

}  // namespace culprit
