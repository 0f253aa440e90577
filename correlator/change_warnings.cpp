#include "correlator/change_warnings.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <map>
#include <stdexcept>

#include "correlator/change_summary.h"
#include "correlator/playbook_rule.h"
#include "correlator/sql_quoting.h"
#include "correlator/yaml_values.h"

namespace culprit {

namespace {

using Names = std::map<std::string, std::string>;

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    return text;
}

bool fits(const Scope& a, const Scope& b) {
    return (a.environment.empty() || b.environment.empty() || a.environment == b.environment) &&
           (a.database.empty() || b.database.empty() || a.database == b.database);
}

const std::string& table_of(const DatabaseObject& object) { return object.table.empty() ? object.name : object.table; }

/// Does a COPY with a list of columns leave out whatever looks like the key? Without a list every column is given.
bool leaves_key_out(const std::string& statement) {
    const std::string text = lower(statement);
    const auto open = text.find('('), close = text.find(')');
    if (!text.starts_with("copy ") || open == std::string::npos || close == std::string::npos || open > text.find(" from "))
        return false;
    const std::string columns = "," + text.substr(open + 1, close - open - 1) + ",";
    std::string plain;
    for (const char c : columns)
        if (c != ' ' && c != '"') plain += c;
    return plain.find(",id,") == std::string::npos && plain.find("_id,") == std::string::npos;
}

bool is_same(const DatabaseObject& a, const DatabaseObject& b) {
    return a.name == b.name && (a.table.empty() || b.table.empty() || a.table == b.table);
}

Names names_of(const ChangeEvent& event, const ChangeEffect& effect) {
    Names names{{"change", summary_of(event)}};
    if (!event.migration.empty()) names["migration"] = event.migration;
    if (!effect.signal.objects.empty()) {
        const DatabaseObject& object = effect.signal.objects.front();
        const std::string& table = table_of(object);
        if (!table.empty()) {
            std::string full = quote_identifier(table);
            if (!object.schema.empty()) full = quote_identifier(object.schema) + "." + full;
            names["table"] = table;
            names["table_sql"] = full;
            names["table_regclass_sql"] = quote_literal(full);
        }
        if (object.type == "constraint") {
            names["constraint"] = object.name;
            names["constraint_sql"] = quote_identifier(object.name);
            names["constraint_literal_sql"] = quote_literal(object.name);
        }
    }
    // What was begun and then failed is told twice: when it is logged, and by its error.
    const auto failed =
        std::ranges::find_if(event.effects, [](const ChangeEffect& each) { return each.signal.phase == Phase::failed; });
    const auto is_step = [&](const ChangeEffect& each) {
        const bool is_failed_one = failed != event.effects.end() && each.signal.operation == failed->signal.operation &&
                                   each.signal.objects == failed->signal.objects;
        return each.signal.kind == "schema_change" && !is_failed_one && !each.signal.objects.empty();
    };
    const auto steps = std::ranges::count_if(event.effects, is_step);
    names["steps_done"] = std::to_string(steps);
    for (const ChangeEffect& each : event.effects)
        if (is_step(each)) names["last_step"] = each.signal.operation + " " + each.signal.objects.front().name;
    return names;
}

std::string filled(const std::string& text, const Names& names) {
    kainjow::mustache::data values;
    for (const auto& [name, value] : names) values.set(name, value);
    kainjow::mustache::mustache view(text);
    view.set_custom_escape([](const std::string& value) { return value; });  // SQL and plain text, not HTML
    return view.render(values);
}

std::vector<std::string> filled(const std::vector<std::string>& texts, const Names& names, bool only_known) {
    std::vector<std::string> out;
    for (const std::string& text : texts) {
        const bool known = std::ranges::all_of(names_in(text), [&](const std::string& name) { return names.contains(name); });
        if (known || !only_known) out.push_back(filled(text, names));
    }
    return out;
}

}  // namespace

ChangeWarnings ChangeWarnings::load(std::string_view file, std::string_view yaml) {
    static const std::map<std::string, Detects> kinds{{"import_with_keys", Detects::import_with_keys},
                                                      {"failed_after_steps", Detects::failed_after_steps},
                                                      {"not_valid_constraint", Detects::not_valid_constraint}};
    ChangeWarnings table;
    try {
        const YAML::Node root = YAML::Load(std::string(yaml));
        check_keys(file, root, {"warnings"});
        for (const auto& node : root["warnings"]) {
            check_keys(file, node, {"rule", "detects", "after", "summary", "steps", "verify_sql", "fix_sql"});
            const auto kind = kinds.find(node["detects"].as<std::string>(""));
            if (kind == kinds.end())
                expected(file, node, "detects: import_with_keys, failed_after_steps or not_valid_constraint");
            Rule rule{node["rule"].as<std::string>(),
                      node["summary"].as<std::string>(),
                      kind->second,
                      read_duration(file, node["after"]),
                      {},
                      {},
                      {}};
            for (const auto& text : node["steps"]) rule.steps.push_back(text.as<std::string>());
            for (const auto& text : node["verify_sql"]) rule.verify_sql.push_back(text.as<std::string>());
            for (const auto& text : node["fix_sql"]) rule.fix_sql.push_back(text.as<std::string>());
            table.rules_.push_back(std::move(rule));
        }
    } catch (const YAML::Exception& error) {
        throw std::runtime_error(std::string(file) + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg);
    }
    return table;
}

const ChangeEffect* ChangeWarnings::detect(Detects what, const ChangeEvent& event) {
    switch (what) {
        case Detects::import_with_keys: {
            if ((event.kind != "import" && event.kind != "restore") || event.phase == Phase::failed) return nullptr;
            const auto named =
                std::ranges::find_if(event.effects, [](const ChangeEffect& effect) { return !effect.signal.objects.empty(); });
            const ChangeEffect& effect = named == event.effects.end() ? event.effects.front() : *named;
            const bool without_keys = std::ranges::any_of(
                event.effects, [](const ChangeEffect& each) { return leaves_key_out(each.signal.statement); });
            return without_keys ? nullptr : &effect;
        }
        case Detects::failed_after_steps: {
            if (event.phase != Phase::failed || (event.kind != "migration" && event.kind != "schema_change")) return nullptr;
            const auto failed = std::ranges::find_if(
                event.effects, [](const ChangeEffect& effect) { return effect.signal.phase == Phase::failed; });
            for (auto it = event.effects.begin(); it != failed; ++it) {
                const Signal& step = it->signal;
                const bool is_the_failed_one =
                    failed->signal.operation == step.operation && failed->signal.objects == step.objects;
                if (step.kind == "schema_change" && !step.objects.empty() && !is_the_failed_one) return &*it;
            }
            return nullptr;
        }
        case Detects::not_valid_constraint:
            for (const ChangeEffect& effect : event.effects)
                if (effect.signal.operation == "add_constraint" && effect.signal.phase != Phase::failed &&
                    !effect.signal.objects.empty() && lower(effect.signal.statement).find("not valid") != std::string::npos)
                    return &effect;
            return nullptr;
    }
    return nullptr;
}

std::optional<EventTime> ChangeWarnings::put_right(Detects what, const ChangeEvent& event, const ChangeEffect& effect,
                                                   const std::vector<ChangeEvent>& events) {
    std::optional<EventTime> earliest;
    for (const ChangeEvent& later : events) {
        if (later.last < effect.time || !fits(later.scope, event.scope)) continue;
        for (const ChangeEffect& each : later.effects) {
            const Signal& signal = each.signal;
            if (each.time < effect.time || signal.phase == Phase::failed || (earliest && each.time >= *earliest)) continue;
            bool right = false;
            switch (what) {
                case Detects::import_with_keys: {
                    const auto about_it = [&](const DatabaseObject& reset) {
                        return std::ranges::any_of(effect.signal.objects, [&](const DatabaseObject& object) {
                            return table_of(reset) == table_of(object) || reset.name.starts_with(table_of(object) + "_");
                        });
                    };
                    right = signal.kind == "sequence_reset" && (signal.objects.empty() || effect.signal.objects.empty() ||
                                                                std::ranges::any_of(signal.objects, about_it));
                    break;
                }
                case Detects::failed_after_steps:
                    right = later.id != event.id && later.first > event.first && !event.migration.empty() &&
                            later.migration == event.migration &&
                            (later.phase == Phase::succeeded || later.phase == Phase::rolled_back);
                    break;
                case Detects::not_valid_constraint:
                    right = (signal.operation == "validate_constraint" || signal.operation == "drop_constraint") &&
                            !signal.objects.empty() && is_same(signal.objects.front(), effect.signal.objects.front());
                    break;
            }
            if (right) earliest = each.time;
        }
    }
    return earliest;
}

bool ChangeWarnings::may_warn(const ChangeEvent& event) const {
    return std::ranges::any_of(rules_, [&](const Rule& rule) { return detect(rule.detects, event) != nullptr; });
}

std::vector<ChangeWarning> ChangeWarnings::of(const ChangeEvent& event, const std::vector<ChangeEvent>& events,
                                              std::optional<EventTime> now, std::optional<EventTime>& next) const {
    std::vector<ChangeWarning> warnings;
    for (const Rule& rule : rules_) {
        const ChangeEffect* effect = detect(rule.detects, event);
        if (!effect) continue;
        const EventTime due = event.last + rule.after;
        const auto right = put_right(rule.detects, event, *effect, events);
        if (right && *right <= due) continue;
        if (!now || *now < due) {
            next = next ? std::min(*next, due) : due;
            continue;
        }
        Names names = names_of(event, *effect);
        ChangeWarning warning{rule.name, {},   {}, filled(rule.verify_sql, names, true), filled(rule.fix_sql, names, true),
                              due,       right};
        names.try_emplace("table", "the table");
        names.try_emplace("constraint", "The constraint");
        names.try_emplace("last_step", "the statements before it");
        warning.summary = filled(rule.summary, names);
        warning.steps = filled(rule.steps, names, false);
        warnings.push_back(std::move(warning));
    }
    return warnings;
}

}  // namespace culprit
