#include "correlator/playbook_rule.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <tuple>

#include "correlator/playbook_names.h"

namespace culprit {

namespace {

using Queries = std::map<std::string, std::vector<std::string>>;

std::vector<std::string> list(const YAML::Node& node) {
    if (!node) return {};
    if (node.IsScalar()) return {node.as<std::string>()};
    return node.as<std::vector<std::string>>();
}

std::set<std::string> names(const YAML::Node& node) {
    const auto all = list(node);
    return {all.begin(), all.end()};
}

std::string one_of(const YAML::Node& node, const std::set<std::string>& choices) {
    const auto choice = node.as<std::string>();
    if (!choices.contains(choice)) throw YAML::Exception(node.Mark(), "'" + choice + "' is none of its choices");
    return choice;
}

Conditions conditions(const YAML::Node& when) {
    using Read = std::function<void(Conditions&, const YAML::Node&)>;
    static const std::map<std::string, Read> readers{
        {"symptoms", [](auto& c, auto& node) { c.symptoms = names(node); }},
        {"attribution", [](auto& c, auto& node) { c.attributions = names(node); }},
        {"trend", [](auto& c, auto& node) { c.trends = names(node); }},
        {"causes", [](auto& c, auto& node) { c.causes = names(node); }},
        {"operations", [](auto& c, auto& node) { c.operations = names(node); }},
        {"phases", [](auto& c, auto& node) { c.phases = names(node); }},
        {"evidence", [](auto& c, auto& node) { c.evidence = names(node); }},
        {"statement", [](auto& c, auto& node) { c.statement = node.template as<std::string>(); }},
        {"sequence", [](auto& c, auto& node) { c.sequence = node.template as<bool>(); }},
        {"failed", [](auto& c, auto& node) { c.failed = node.template as<bool>(); }},
        {"awaited", [](auto& c, auto& node) { c.awaited = node.template as<bool>(); }},
        {"before", [](auto& c, auto& node) { c.before = node.template as<bool>(); }},
        {"same_keys", [](auto& c, auto& node) { c.same_keys = node.template as<bool>(); }},
        {"services",
         [](auto& c, auto& node) {
             c.services = one_of(node, {"one", "several"});
         }},
        {"hosts",
         [](auto& c, auto& node) {
             c.hosts = one_of(node, {"one", "several"});
         }},
        {"users",
         [](auto& c, auto& node) {
             c.users = one_of(node, {"few", "many"});
         }},
        {"count", [](auto& c, auto& node) { c.count = node.template as<std::uint64_t>(); }},
        {"rate_per_minute", [](auto& c, auto& node) { c.rate_per_minute = node.template as<double>(); }},
        {"knows", [](auto& c, auto& node) { c.knows = list(node); }},
    };
    Conditions conditions;
    for (const auto& entry : when) {
        const auto name = entry.first.as<std::string>();
        const auto reader = readers.find(name);
        if (reader == readers.end()) throw YAML::Exception(entry.first.Mark(), "unknown condition '" + name + "'");
        reader->second(conditions, entry.second);
    }
    for (const std::string& name : conditions.knows)
        if (!playbook_vocabulary().contains(name)) throw YAML::Exception(when.Mark(), "no incident knows '" + name + "'");
    return conditions;
}

/// A misspelt name would be unknown for ever.
const std::string& checked(const std::string& text, const YAML::Node& node) {
    for (const std::string& name : names_in(text))
        if (!playbook_vocabulary().contains(name)) throw YAML::Exception(node.Mark(), "no incident knows '" + name + "'");
    return text;
}

std::vector<std::string> sql(const YAML::Node& node) {
    std::vector<std::string> alternatives = list(node);
    for (const std::string& alternative : alternatives) checked(alternative, node);
    return alternatives;
}

SqlTemplate statement(const YAML::Node& node, const Queries& queries) {
    SqlTemplate statement;
    if (!node.IsMap()) {
        statement.alternatives = sql(node);
        return statement;
    }
    for (const auto& entry : node) {
        const auto key = entry.first.as<std::string>();
        if (key == "query") {
            const auto query = queries.find(entry.second.as<std::string>());
            if (query == queries.end()) throw YAML::Exception(entry.second.Mark(), "there is no such query");
            statement.alternatives = query->second;
        } else if (key == "sql" || key == "any_of") {
            statement.alternatives = sql(entry.second);
        } else if (key == "destructive") {
            statement.destructive = entry.second.as<std::string>();
        } else if (key == "prints") {
            statement.prints = entry.second.as<bool>();
        } else {
            throw YAML::Exception(entry.first.Mark(), "unknown key '" + key + "' of a statement");
        }
    }
    return statement;
}

std::vector<SqlTemplate> statements(const YAML::Node& node, const Queries& queries) {
    std::vector<SqlTemplate> statements;
    for (const auto& each : node) statements.push_back(statement(each, queries));
    return statements;
}

PlaybookRule rule_of(const YAML::Node& node, const Queries& queries) {
    static const std::set<std::string> known{"rule",  "priority",   "when",    "summary",
                                             "steps", "verify_sql", "fix_sql", "references"};
    for (const auto& entry : node)
        if (!known.contains(entry.first.as<std::string>())) throw YAML::Exception(entry.first.Mark(), "unknown key of a rule");
    PlaybookRule rule;
    rule.name = node["rule"].as<std::string>();
    rule.priority = node["priority"].as<int>();
    rule.when = conditions(node["when"]);
    rule.summary = checked(node["summary"].as<std::string>(), node["summary"]);
    rule.steps = list(node["steps"]);
    for (const std::string& step : rule.steps) checked(step, node["steps"]);
    rule.verify_sql = statements(node["verify_sql"], queries);
    rule.fix_sql = statements(node["fix_sql"], queries);
    rule.references = list(node["references"]);
    return rule;
}

}  // namespace

std::set<std::string> names_in(const std::string& text) {
    std::set<std::string> names;
    std::size_t depth = 0;
    for (std::size_t open = text.find("{{"); open != std::string::npos; open = text.find("{{", open + 2)) {
        const std::size_t close = text.find("}}", open);
        if (close == std::string::npos) break;
        const std::string tag = text.substr(open + 2, close - open - 2);
        if (tag.starts_with('#') || tag.starts_with('^'))
            ++depth;
        else if (tag.starts_with('/'))
            --depth;
        else if (depth == 0)
            names.insert(tag);
    }
    return names;
}

std::vector<PlaybookRule> read_playbooks(std::span<const EmbeddedFile> files) {
    std::vector<PlaybookRule> rules;
    Queries queries;
    std::vector<YAML::Node> roots;
    const auto each_file = [&](const auto& read) {
        for (std::size_t i = 0; i < files.size(); ++i) {
            try {
                read(i);
            } catch (const YAML::Exception& error) {
                throw std::runtime_error("playbooks/" + std::string(files[i].name) + ":" + std::to_string(error.mark.line + 1) +
                                         ": " + error.msg);
            }
        }
    };
    each_file([&](std::size_t i) {
        roots.push_back(YAML::Load(std::string(files[i].content)));
        for (const auto& query : roots[i]["queries"]) queries[query.first.as<std::string>()] = sql(query.second);
    });
    each_file([&](std::size_t i) {
        for (const auto& node : roots[i]["rules"]) rules.push_back(rule_of(node, queries));
    });
    std::ranges::stable_sort(rules, [](const PlaybookRule& a, const PlaybookRule& b) {
        return std::tie(b.priority, a.name) < std::tie(a.priority, b.name);
    });
    return rules;
}

}  // namespace culprit
