#include "correlator/playbook.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <stdexcept>
#include <tuple>

namespace culprit {

namespace {

std::vector<std::string> list(const YAML::Node& node) {
    return node ? node.as<std::vector<std::string>>() : std::vector<std::string>{};
}

std::set<std::string> names(const YAML::Node& node) {
    const auto all = list(node);
    return {all.begin(), all.end()};
}

std::optional<bool> choice(const YAML::Node& node) { return node ? std::optional(node.as<bool>()) : std::nullopt; }

bool asks_for(const std::set<std::string>& wanted, std::string_view is) {
    return wanted.empty() || wanted.contains(std::string(is));
}

std::string joined(const std::vector<std::string>& parts, std::string (*each)(const std::string&)) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + each(part);
    return text;
}

std::string plain(const std::string& text) { return text; }

/// Everything that a template may name. `…_sql` names are quoted for SQL, the others are for sentences.
kainjow::mustache::data names_of(const Incident& incident) {
    kainjow::mustache::data names;
    const Tally& sum = incident.sum;
    const auto qualified = [&](const std::string& table) {
        return sum.schema.empty() ? quote_identifier(table) : quote_identifier(sum.schema) + "." + quote_identifier(table);
    };
    names.set("table", sum.table.empty() ? "the table" : sum.table);
    names.set("table_sql", qualified(sum.table));
    names.set("table_literal_sql", quote_literal(qualified(sum.table)));
    names.set("constraint", sum.constraint);
    names.set("constraint_sql", quote_identifier(sum.constraint));
    names.set("constraint_literal_sql", quote_literal(sum.constraint));
    names.set("column", sum.column);
    names.set("referenced_table", sum.referenced_table);
    names.set("referenced_table_sql", quote_identifier(sum.referenced_table));
    names.set("name", incident.problem.name);
    names.set("name_literal_sql", quote_literal(incident.problem.name));
    names.set("keys", joined(sum.key_columns, plain));
    names.set("keys_sql", joined(sum.key_columns, quote_identifier));
    if (!sum.key_columns.empty()) {
        names.set("key_sql", quote_identifier(sum.key_columns.front()));
        names.set("key_literal_sql", quote_literal(sum.key_columns.front()));
    }
    names.set("count", std::to_string(incident.count));
    names.set("database", incident.database.empty() ? "the database" : incident.database);
    std::string services;
    for (const std::string& service : incident.services) services += (services.empty() ? "" : ", ") + service;
    names.set("services", services.empty() ? "the application" : services);
    if (!incident.causes.empty()) {
        const Cause& cause = incident.causes.front();
        names.set("cause", summary_of(cause));
        names.set("release", cause.scope.release);
        names.set("tool", cause.tool);
        names.set("migration", cause.migration);
        if (cause.awaited && !cause.awaited->objects.empty()) names.set("awaited", cause.awaited->objects.front().name);
    }
    return names;
}

std::string render(const std::string& text, const kainjow::mustache::data& names) {
    kainjow::mustache::mustache view(text);
    view.set_custom_escape([](const std::string& value) { return value; });  // SQL and plain text, not HTML
    return view.render(names);
}

}  // namespace

std::string quote_identifier(const std::string& name) {
    std::string quoted = "\"";
    for (char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

std::string quote_literal(const std::string& text) {
    std::string quoted = "'";
    for (char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
    return quoted + "'";
}

Playbooks Playbooks::load(std::span<const EmbeddedFile> files) {
    Playbooks playbooks;
    for (const EmbeddedFile& file : files) {
        try {
            const YAML::Node root = YAML::Load(std::string(file.content));
            for (const auto& node : root["rules"]) {
                Rule rule;
                rule.name = node["rule"].as<std::string>();
                rule.priority = node["priority"].as<int>(0);
                const YAML::Node when = node["when"];
                for (const auto& entry : when) {
                    static const std::set<std::string> known{"symptoms", "causes", "operations", "attribution", "trend",
                                                             "sequence", "failed", "awaited",    "table",       "key"};
                    if (!known.contains(entry.first.as<std::string>()))
                        throw YAML::Exception(entry.first.Mark(), "unknown condition '" + entry.first.as<std::string>() + "'");
                }
                rule.symptoms = names(when["symptoms"]);
                rule.causes = names(when["causes"]);
                rule.operations = names(when["operations"]);
                rule.attributions = names(when["attribution"]);
                rule.trends = names(when["trend"]);
                rule.sequence = choice(when["sequence"]);
                rule.failed = choice(when["failed"]);
                rule.awaited = choice(when["awaited"]);
                rule.needs_table = when["table"].as<bool>(false);
                rule.needs_key = when["key"].as<bool>(false);
                rule.summary = node["summary"].as<std::string>();
                rule.steps = list(node["steps"]);
                rule.verify_sql = list(node["verify_sql"]);
                rule.fix_sql = list(node["fix_sql"]);
                rule.references = list(node["references"]);
                playbooks.rules_.push_back(std::move(rule));
            }
        } catch (const YAML::Exception& error) {
            throw std::runtime_error("playbooks/" + std::string(file.name) + ":" + std::to_string(error.mark.line + 1) + ": " +
                                     error.msg);
        }
    }
    std::ranges::stable_sort(playbooks.rules_, [](const Rule& a, const Rule& b) {
        return std::tie(b.priority, a.name) < std::tie(a.priority, b.name);
    });
    return playbooks;
}

bool Playbooks::fits(const Rule& rule, const Incident& incident) {
    if (!asks_for(rule.symptoms, incident.problem.kind) || !asks_for(rule.attributions, to_string(incident.attribution)) ||
        !asks_for(rule.trends, to_string(incident.trend)))
        return false;
    if (rule.needs_table && incident.sum.table.empty()) return false;
    if (rule.needs_key && incident.sum.key_columns.empty()) return false;
    const bool about_cause = !rule.causes.empty() || !rule.operations.empty() || rule.sequence || rule.failed || rule.awaited;
    if (!about_cause) return true;
    if (incident.attribution != AttributionState::attributed) return false;
    const Cause& cause = incident.causes.front();
    return (asks_for(rule.causes, cause.kind) || asks_for(rule.causes, cause.effect.kind)) &&
           asks_for(rule.operations, cause.effect.operation) && (!rule.sequence || *rule.sequence == cause.sequence) &&
           (!rule.failed || *rule.failed == cause.failed) &&
           (!rule.awaited || *rule.awaited == (cause.is_awaited || cause.awaited.has_value()));
}

Diagnosis Playbooks::diagnose(const Incident& incident) const {
    const auto rule = std::ranges::find_if(rules_, [&](const Rule& rule) { return fits(rule, incident); });
    if (rule == rules_.end()) return {};
    const auto names = names_of(incident);
    Diagnosis diagnosis{rule->name, render(rule->summary, names), {}, {}, {}, rule->references};
    for (const std::string& step : rule->steps) diagnosis.steps.push_back(render(step, names));
    for (const std::string& sql : rule->verify_sql) diagnosis.verify_sql.push_back(render(sql, names));
    for (const std::string& sql : rule->fix_sql) diagnosis.fix_sql.push_back(render(sql, names));
    return diagnosis;
}

}  // namespace culprit
