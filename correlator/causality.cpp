#include "correlator/causality.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "correlator/yaml_values.h"

namespace culprit {

namespace {

std::set<std::string> names(const YAML::Node& node) {
    std::set<std::string> set;
    for (const auto& name : node) set.insert(name.as<std::string>());
    return set;
}

RelationAsked relation(std::string_view file, const YAML::Node& node) {
    const auto text = node.as<std::string>("");
    if (text == "object") return RelationAsked::object;
    if (text == "table") return RelationAsked::table;
    if (text == "unknown") return RelationAsked::unknown;
    if (text == "none") return RelationAsked::none;
    expected(file, node, "a relation: object, table, unknown or none");
}

Phase phase(std::string_view file, const YAML::Node& node) {
    for (Phase phase : {Phase::started, Phase::succeeded, Phase::failed, Phase::rolled_back})
        if (node.as<std::string>("") == to_string(phase)) return phase;
    expected(file, node, "a phase: started, succeeded, failed or rolled_back");
}

Side side(std::string_view file, const YAML::Node& node) {
    for (Side side : {Side::application, Side::server})
        if (node.as<std::string>("") == to_string(side)) return side;
    expected(file, node, "a side: application or server");
}

}  // namespace

Causality Causality::load(std::string_view file, std::string_view yaml) {
    Causality table;
    try {
        const YAML::Node root = YAML::Load(std::string(yaml));
        check_keys(file, root, {"calibration", "evidence", "migration_services", "settle_seconds", "rules", "remedies"});
        for (const auto& entry : root["evidence"]) table.weights_[entry.first.as<std::string>()] = entry.second.as<double>();
        table.none_ = root["calibration"]["none"].as<double>();
        table.sharpness_ = root["calibration"]["sharpness"].as<double>();
        table.migration_services_ = names(root["migration_services"]);
        table.settle_ = std::chrono::seconds{root["settle_seconds"].as<int>()};
        for (const auto& node : root["rules"]) {
            check_keys(file, node,
                       {"symptoms", "changes", "operations", "phases", "relation", "awaited", "sequence", "failed", "may_fail",
                        "new_release", "lasting", "side", "prior", "look_back", "look_ahead", "half_life", "story"});
            CausalityRule rule;
            rule.symptoms = names(node["symptoms"]);
            rule.changes = names(node["changes"]);
            rule.operations = names(node["operations"]);
            for (const auto& name : node["phases"]) rule.phases.insert(phase(file, name));
            rule.relation = relation(file, node["relation"]);
            rule.awaited = node["awaited"].as<bool>(false);
            rule.sequence = node["sequence"].as<bool>(false);
            rule.failed = node["failed"].as<bool>(false);
            rule.new_release = node["new_release"].as<bool>(false);
            rule.may_fail = node["may_fail"].as<bool>(false);
            rule.lasting = node["lasting"].as<bool>(false);
            if (node["side"]) rule.side = side(file, node["side"]);
            rule.prior = node["prior"].as<double>();
            rule.look_back = read_duration(file, node["look_back"]);
            rule.look_ahead = read_duration(file, node["look_ahead"]);
            rule.half_life = read_duration(file, node["half_life"]);
            rule.story = node["story"].as<std::string>();
            if (rule.symptoms.empty() || rule.changes.empty()) expected(file, node, "symptoms and changes");
            table.rules_.push_back(std::move(rule));
        }
        for (const auto& node : root["remedies"]) {
            check_keys(file, node, {"symptoms", "changes", "operations", "relation", "sequence", "may_miss"});
            RemedyRule rule{names(node["symptoms"]),          names(node["changes"]),          names(node["operations"]), {},
                            node["sequence"].as<bool>(false), node["may_miss"].as<bool>(false)};
            for (const auto& name : node["relation"]) rule.relations.insert(relation(file, name));
            table.remedies_.push_back(std::move(rule));
        }
    } catch (const YAML::Exception& error) {
        throw std::runtime_error(std::string(file) + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg);
    }
    return table;
}

bool Causality::runs_migrations(std::string_view service) const {
    return std::ranges::any_of(migration_services_,
                               [&](const std::string& part) { return service.find(part) != std::string_view::npos; });
}

Duration Causality::look_back() const {
    Duration longest{};
    for (const CausalityRule& rule : rules_) longest = std::max(longest, rule.look_back);
    return longest;
}

Duration Causality::look_ahead() const {
    Duration longest{};
    for (const CausalityRule& rule : rules_) longest = std::max(longest, rule.look_ahead);
    return longest;
}

}  // namespace culprit
